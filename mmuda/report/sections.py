"""The parts of the page of runs that show numbers and pictures."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from mmuda.report.label_statistics import SAMPLE, LabelStatistics
from mmuda.report.pictures import IMAGE, PREDICTION, Pictures
from mmuda.report.run import Run
from mmuda.report.signs import Agreement, series_of
from mmuda.visualization.html import Section, bars, class_legend, curves, details, image_slider, table

POINTS = 400  # of a curve, at most
BINS = 16  # of a histogram of confidences
COMPARED = ('mIoU', 'loss', 'lr')  # scalars that are shown first
LABEL_FREE = 'label_free/'  # scalars that are, too
TRAINING = (
    f'What the runs logged. Curves of more than {POINTS} points are shown as means of neighbors. A click in the legend '
    'shows or hides a run.'
)
ROUNDS = 'Rounds of self-training: what each was to label, its learning rate, which classes its crops look for.'
LABELS = (
    f'Of up to {SAMPLE} images of each generation, evenly among all; class shares are of all images where the run has '
    'counted them. Charts show the first and the last generation of a run, the others by a click in the legend.'
)
AGREEMENTS = (
    'Pixels to which two give the same class, of those to which both give one; of labels also the pixels that are as '
    'they were, labeled or not, of all.'
)
CLASSES = 'IoU of each class in the last evaluation, by the labels of the validation images.'
PREDICTIONS = 'Of the images below, by the last model of each run.'
PICTURES = (
    'Move the slider; the lists choose what is compared. Uncertainty is the entropy of the prediction; it and the '
    'confidence go from dark blue (0) to yellow (1). Black pixels have no label. No label of these images was opened.'
)


def training_section(runs: Sequence[Run]) -> Iterator[Section]:
    """Curves of all that was logged."""
    names = dict.fromkeys(name for run in runs for name in run.scalars)
    first = [name for name in COMPARED if name in names] + [name for name in names if name.startswith(LABEL_FREE)]
    others = [name for name in names if name not in first]
    if names:
        parts = [_curve(runs, name) for name in first]
        rest = [details(f'{len(others)} more', [_curve(runs, name) for name in others])] if others else []
        yield Section('Training', TRAINING, [*parts, *rest])


def _curve(runs: Sequence[Run], name: str) -> str:
    lines = {run.name: thin(*run.scalars[name]) for run in runs if name in run.scalars}
    return curves(lines, 'iterations', name, name, order=[run.name for run in runs])


def thin(places: Sequence[int], values: Sequence[float], most: int = POINTS) -> tuple[list[int], list[float]]:
    """Return a curve of at most ``most`` points, each the mean of neighbors at the place of the last of them."""
    step = -(-len(values) // most)
    ends = [*range(step, len(values), step), len(values)]
    return [places[end - 1] for end in ends], [
        float(f'{np.mean(values[begin:end]):.5g}') for begin, end in zip([0, *ends], ends)
    ]


def class_section(runs: Sequence[Run]) -> Iterator[Section]:
    """IoU of each class."""
    last = {run.name: run.class_iou[-1] for run in runs if run.class_iou}
    names = list(dict.fromkeys(name for iou in last.values() for name in iou))
    if names:
        groups = {run: [_percent(iou.get(name)) for name in names] for run, iou in last.items()}
        yield Section('Classes', CLASSES, [bars(groups, names, 'IoU, percent', order=[run.name for run in runs])])


ROUND = ('run', 'round', 'iterations', 'portion', 'source images', 'learning rate', 'classes looked for', 'mIoU')


def round_section(runs: Sequence[Run]) -> Iterator[Section]:
    """A table of the rounds of self-training."""
    rows = [_round(run.name, summary) for run in runs for summary in run.rounds]
    if rows:
        yield Section('Rounds', ROUNDS, [table(ROUND, rows)])


def _round(run: str, summary: Mapping[str, Any]) -> list[str]:
    classes, mined = summary.get('classes') or [], (summary.get('mined_classes') or {}).get('mine_ids') or []
    return [
        run,
        str(summary['index']),
        f'{summary["begin"]} to {summary["end"]}',
        number(summary.get('target_portion'), '.3g'),
        number(summary.get('num_source'), 'd'),
        number(summary.get('learning_rate'), '.3g'),
        ', '.join(classes[index] for index in mined if index < len(classes)),
        number((summary.get('evaluation') or {}).get('mIoU'), '.2f'),
    ]


GENERATION = ('labels', 'images', 'coverage', 'mean confidence', 'most frequent class', 'classes without a pixel')


def label_section(runs: Sequence[Run]) -> Iterator[Section]:
    """What the stores of pseudo labels hold."""
    found = {f'{run.name}, {one.title}': one for run in runs for one in run.labels}
    if not found:
        return
    ends = [one for run in runs for series in series_of(run).values() for one in (series[0], series[-1])]
    hidden = [title for title, one in found.items() if not any(one is end for end in ends)]
    classes = list(dict.fromkeys(name for one in found.values() for name in one.classes))
    shares = {title: [_percent(one.shares.get(name)) for name in classes] for title, one in found.items()}
    histograms = {title: _histogram(one.confidences.sum(0)) for title, one in found.items()}
    thresholds = {
        title: [_rounded(dict(zip(one.classes, one.thresholds)).get(name)) for name in classes]
        for title, one in found.items()
        if one.thresholds
    }
    parts = [
        table(GENERATION, [_generation(title, one) for title, one in found.items()]),
        *_coverage(runs),
        bars(shares, classes, 'percent', 'share of each class in the labeled pixels', hidden),
        bars(histograms, _bins(), 'percent', 'confidence of all pixels', hidden),
    ]
    if thresholds:
        parts.append(bars(thresholds, classes, 'confidence', 'threshold of each class', hidden))
    yield Section('Pseudo labels', LABELS, parts)


def _generation(title: str, one: LabelStatistics) -> list[str]:
    shares, total = one.shares, one.confidences.sum(0)
    mean = (total * np.arange(len(total))).sum() / max(total.sum(), 1) / (len(total) - 1)
    frequent = max(shares, key=lambda name: shares[name])
    return [
        title,
        str(one.wanted) if one.complete else f'not all of {one.wanted}',
        f'{100 * one.coverage:.1f} %',
        f'{mean:.3f}',
        f'{frequent}, {100 * shares[frequent]:.1f} %',
        ', '.join(name for name, share in shares.items() if share == 0),
    ]


def _coverage(runs: Sequence[Run]) -> Iterator[str]:
    """A curve per series of generations, those of rounds in a chart of their own."""
    lines = [(name, run.name, series) for run in runs for name, series in series_of(run).items() if len(series) > 1]
    for rounds, group in groupby(sorted(lines, key=lambda line: line[0] != 'round'), lambda line: line[0] == 'round'):
        drawn = {
            f'{run}, {name}': ([one.place for one in series], [100 * one.coverage for one in series])
            for name, run, series in group
        }
        yield curves(drawn, 'round' if rounds else 'iteration', 'percent', 'labeled pixels of all')


def _bins() -> list[str]:
    return [f'{index / BINS:.2f}–{(index + 1) / BINS:.2f}' for index in range(BINS)]


def _histogram(confidences: np.ndarray) -> list[float | None]:
    counts = confidences.reshape(BINS, -1).sum(1)
    return [_percent(share) for share in counts / max(counts.sum(), 1)]


def agreement_section(found: Mapping[str, Sequence[Agreement]]) -> Iterator[Section]:
    """What predictions and labels have in common, by run."""
    rows = [
        [f'{run}: {one.what}', number(_percent(one.same), '.1f'), number(_percent(one.unchanged), '.1f')]
        for run, agreements in found.items()
        for one in agreements
    ]
    if rows:
        yield Section('Agreement', AGREEMENTS, [table(('', 'same class, percent', 'unchanged, percent'), rows)])


def prediction_section(pictures: Mapping[str, Pictures], order: Sequence[str]) -> Iterator[Section]:
    """Class shares and confidences of predictions, by run; ``order`` of the runs is that of their colors."""
    if pictures:
        classes = list(dict.fromkeys(name for taken in pictures.values() for name in taken.classes))
        shares = {run: [_percent(taken.shares.get(name)) for name in classes] for run, taken in pictures.items()}
        histograms = {run: _histogram(taken.confidences) for run, taken in pictures.items()}
        parts = [
            bars(shares, classes, 'percent', 'share of each class in the predicted pixels', order=order),
            bars(histograms, _bins(), 'percent', 'confidence of all pixels', order=order),
        ]
        yield Section('Predictions', PREDICTIONS, parts)


def picture_section(run: str, pictures: Pictures) -> Section:
    """Pictures of a run, with a slider."""
    sliders = [image_slider(images, IMAGE, PREDICTION, photos=[IMAGE]) for images in pictures.images.values()]
    legend = class_legend(pictures.classes, pictures.palette)
    return Section(f'Pictures of {pictures.split}: {run}', PICTURES, [legend, *sliders])


def _percent(share: float | None) -> float | None:
    return None if share is None or np.isnan(share) else round(100 * float(share), 2)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f'{value:.4g}')


def number(value: float | None, form: str) -> str:
    """A number in a format of Python; nothing where there is none."""
    return '' if value is None else format(value, form)
