"""The page of the demo."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmuda.visualization.html import (
    Section,
    bars,
    class_legend,
    curves,
    image_row,
    image_slider,
    table,
    write_page,
)
from mmuda.visualization.scalars import read_scalars
from tools.demonstration.findings import SMALL, Finding, Pictures

COLUMNS = ('training', 'mIoU', 'gap closed', 'thin, small', 'pixels', 'CPU time')
LEAD = (
    'A small network learns from labeled images of a toy "GTA5" (source) and is tested on a toy "Cityscapes" (target), '
    'whose labels no method sees. The oracle is no method: it learns from the labels of the target, and shows how much '
    'there is to gain.'
)
BEFORE, AFTER = 'source only', 'MRNet+Rectifying'
SHOWN = ('source only', 'MRNet', 'MRNet+Rectifying', 'oracle')  # of the bars; the others by choice
TABLE = (
    'IoU of the validation images of the target, in percent. MRNet starts from "source only", its second stage, '
    'MRNet+Rectifying, from MRNet; the controls are source only, trained on for as long as one stage and as both. The '
    'gap is that between the first control and the oracle; "thin, small" is the mean IoU of poles, lights, signs, '
    'people and two-wheelers, "pixels" the share of right pixels. One run each, short: what methods are worth is in '
    'docs/benchmarks.md.'
)
DOMAINS = 'The same streets, drawn in two looks. Only the images of the source come with labels.'
SLIDERS = (
    'Target images that training has seen without labels; those with the most thin and small classes by their labels. '
    'Move the slider; the lists choose what is compared.'
)
CLASSES = 'Thin and small classes first. A click in the legend shows or hides a training.'
TRAINING = 'Methods begin where the training ends that they start from. No training sees the validation images.'
PSEUDO_LABELS = (
    'What MRNet says of target images, as labels for its second stage, which learns from those of all pixels and '
    'trusts those less on which its two classifiers disagree. Accuracy is by the labels of the toy data, which no '
    'method sees.'
)


def table_rows(findings: dict[str, Finding]) -> list[tuple[str, ...]]:
    """Return the rows of the table, texts in the order of ``COLUMNS``."""
    low, high = findings['source only, trained on'].miou, findings['oracle'].miou
    return [
        (
            title,
            f'{finding.miou:.1f}',
            f'{100 * (finding.miou - low) / (high - low):.0f} %' if finding.run.is_method and high > low else '',
            f'{finding.small:.1f}',
            f'{finding.accuracy:.1f}',
            f'{finding.cost["cpu_seconds"]:.0f} s',
        )
        for title, finding in findings.items()
    ]


def write_demo_page(path: Path, findings: dict[str, Finding], pictures: Pictures, pseudo_labels: Path) -> Path:
    """Write the page.

    Args:
        path (Path): Its file.
        findings (dict[str, Finding]): All trainings, by title.
        pictures (Pictures): Of the data.
        pseudo_labels (Path): Store of the pseudo labels.
    """
    methods = [index for index, finding in enumerate(findings.values()) if finding.run.is_method]
    sections = [
        Section('What was learned', TABLE, [table(COLUMNS, table_rows(findings), methods)]),
        _domains(pictures),
        _before_and_after(findings, pictures),
        Section('Classes', CLASSES, [_class_bars(findings)]),
        Section('Training', TRAINING, _training_curves(findings)),
        _pseudo_labels(pictures, pseudo_labels),
    ]
    return write_page(path, 'From toy "GTA5" to toy "Cityscapes"', LEAD, sections)


def _domains(pictures: Pictures, number: int = 4) -> Section:
    source = [pictures.labeled_source(index) for index in range(number)]
    target = [pictures.target_image(index) for index in pictures.busiest(number)]
    rows = [
        {f'source {place}': image for place, (image, _) in enumerate(source, 1)},
        {f'labels of source {place}': pictures.paint(labels) for place, (_, labels) in enumerate(source, 1)},
        {f'target {place}': image for place, image in enumerate(target, 1)},
    ]
    return Section('Two domains', DOMAINS, [*map(image_row, rows), _legend(pictures)])


def _before_and_after(findings: dict[str, Finding], pictures: Pictures, number: int = 6) -> Section:
    sliders = [_slider(pictures, pictures.row(index, findings), BEFORE, AFTER) for index in pictures.busiest(number)]
    return Section('Before and after', SLIDERS, [_legend(pictures), *sliders])


def _class_bars(findings: dict[str, Finding]) -> str:
    names = [*SMALL, *(name for name in findings[BEFORE].iou if name not in SMALL)]
    groups = {title: percent([finding.iou[name] / 100 for name in names]) for title, finding in findings.items()}
    return bars(groups, names, 'IoU, percent', hidden=[title for title in findings if title not in SHOWN])


def _training_curves(findings: dict[str, Finding]) -> list[str]:
    """Curves of methods begin where those end that they start from."""
    notes = {title: read_scalars(finding.run.work_dir) for title, finding in findings.items()}
    accuracy, losses = {}, {}
    for title, finding in findings.items():
        begin = sum(notes[start.title]['mIoU'][0][-1] for start in finding.run.starts)
        for drawn, key in ((accuracy, 'mIoU'), (losses, 'loss')):
            steps, values = notes[title][key]
            drawn[title] = [begin + step for step in steps], values
        for start in finding.run.starts[:1]:
            places, values = accuracy[title]
            accuracy[title] = [begin, *places], [notes[start.title]['mIoU'][1][-1], *values]
    return [
        curves(accuracy, 'iterations', 'mIoU, percent', 'mIoU of the validation images of the target'),
        curves(losses, 'iterations', 'loss', 'sum of the losses of a training'),
    ]


def _pseudo_labels(pictures: Pictures, root: Path, number: int = 4) -> Section:
    quality = pictures.quality(root)
    report = quality.report(pictures.classes)
    at_coverage, classes = report['accuracy_at_coverage'], report['classes'].values()
    lines = {'pseudo labels': (percent(at_coverage['coverage']), percent(at_coverage['accuracy']))}
    right = {
        'of the pixels of a class, labeled so': percent([row['accuracy'] for row in classes]),
        'of the pixels labeled so, of the class': percent([row['precision'] for row in classes]),
    }
    counts = {'labels': quality.pixels, 'pseudo labels': quality.predicted.sum(1)}
    shares = {title: percent(count / count.sum()) for title, count in counts.items()}
    rows = [pictures.row(index, {}, root) for index in pictures.busiest(number)]
    sliders = [_slider(pictures, row, 'target image', 'pseudo labels') for row in rows]
    charts = [
        curves(
            lines,
            'labeled pixels (coverage), percent',
            'right ones of them, percent',
            'accuracy, were only the most confident pixels labeled',
        ),
        bars(right, pictures.classes, 'percent', 'right labels of each class'),
        bars(shares, pictures.classes, 'percent', 'share of each class in the labels and in the pseudo labels'),
    ]
    return Section('Pseudo labels', PSEUDO_LABELS, [_legend(pictures), *sliders, *charts])


def _slider(pictures: Pictures, row: dict[str, np.ndarray], left: str, right: str) -> str:
    painted = {title: image if image.ndim == 3 else pictures.paint(image) for title, image in row.items()}
    return image_slider(painted, left, right)


def _legend(pictures: Pictures) -> str:
    return class_legend(pictures.classes, pictures.palette)


def percent(shares: Sequence[float | None]) -> list[float | None]:
    """Return shares in percent, of one decimal; None where there is none."""
    return [None if share is None or np.isnan(share) else round(100 * float(share), 1) for share in shares]
