"""What the parts of a run have in common, and which alarms they raise."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mmuda.report.alarms import (
    Alarm,
    class_collapse,
    coverage_at_a_bound,
    frozen_labels,
    teacher_apart,
    vanished_classes,
)
from mmuda.report.label_statistics import LabelStatistics, compare
from mmuda.report.pictures import Pictures
from mmuda.report.run import Run

# Scalars in [0, 1]: mean weight of the target's pixels in a loss (end of its name), and what LabelFreeMetric gives.
WEIGHT = '.weight'
AGREEMENT = re.compile(r'label_free/(\w+)_agreement')


@dataclass(frozen=True)
class Agreement:
    """What two predictions or label maps have in common.

    Attributes:
        what (str): Which two.
        same (float): Share of the pixels that both give a class which have the same, in [0, 1]; NaN without such.
        unchanged (float, optional): Of labels: share of all pixels whose label, or lack of one, is the same.
    """

    what: str
    same: float
    unchanged: float | None = None


def series_of(run: Run) -> dict[str, list[LabelStatistics]]:
    """Return the generations of labels of each series, in their order."""
    series: dict[str, list[LabelStatistics]] = {}
    for one in run.labels:
        series.setdefault(one.series, []).append(one)
    return series


def label_agreements(run: Run) -> list[Agreement]:
    """Compare each generation of labels with the one before; what cannot be compared is noted in the run."""
    found = []
    for before, after in (pair for one in series_of(run).values() for pair in pairwise(one)):
        what = f'{before.title} and {after.title}'
        try:
            shares = compare(before, after)
        except (ValueError, OSError) as error:
            run.notes.append(f'{what} are not compared: {error}')
            continue
        if shares is None:
            run.notes.append(f'{what} are not compared: they are of other images')
        else:
            found.append(Agreement(what, *shares))
    return found


def scalar_agreements(run: Run) -> list[Agreement]:
    """Return the last agreements that were logged: of classifiers, of teacher and student, of augmented views."""
    return [
        Agreement(f'{name} at {places[-1]}', values[-1])
        for name, (places, values) in run.scalars.items()
        if AGREEMENT.fullmatch(name)
    ]


def picture_agreements(pictures: Pictures) -> list[Agreement]:
    """Compare the predictions of two classifiers, and of teacher and student."""
    pairs = {'two classifiers': pictures.classifiers_agree, 'teacher and student': pictures.teacher_agrees}
    return [
        Agreement(f'{what}, {len(shares)} images of {pictures.split}', float(np.mean(shares)))
        for what, shares in pairs.items()
        if shares
    ]


def alarms_of(run: Run, agreements: Sequence[Agreement], pictures: Pictures | None = None) -> list[Alarm]:
    """Return the alarms of what a run is now: its last labels, evaluation and predictions.

    Args:
        run (Run): The run.
        agreements (Sequence[Agreement]): Of its labels, from :func:`label_agreements`.
        pictures (Pictures, optional): Of its model. Defaults to None.
    """
    alarms: list[Alarm | None] = []
    for series in series_of(run).values():
        alarms += _of_labels(series, agreements)
    for name, (_, values) in run.scalars.items():
        if name.endswith(WEIGHT):
            always_1 = min(values) == 1  # there is no threshold
            where = f'{name}, weight of the pixels of the target'
            alarms.append(coverage_at_a_bound(values[-1], where, may_be_all=always_1))
        match = AGREEMENT.fullmatch(name)
        if match and match[1] == 'teacher':
            alarms.append(teacher_apart(values[-1], name))
    if len(run.class_iou) > 1:
        best, last = _highest(run.class_iou[:-1]), run.class_iou[-1]
        alarms.append(vanished_classes(best, last, 'IoU, best and last evaluation', least=0.05))
    if pictures is not None:
        where = f'predictions of {len(pictures.images)} images of {pictures.split}'
        alarms.append(class_collapse(pictures.shares, where))
        if pictures.teacher_agrees:
            alarms.append(teacher_apart(float(np.mean(pictures.teacher_agrees)), where))
    return [alarm for alarm in alarms if alarm is not None]


def _of_labels(series: Sequence[LabelStatistics], agreements: Sequence[Agreement]) -> list[Alarm | None]:
    last = series[-1]
    alarms = [
        coverage_at_a_bound(last.coverage, last.title, may_be_all=last.labels_all),
        class_collapse(last.shares, last.title),
    ]
    if len(series) > 1:
        where = f'share in the pseudo labels, most so far and {last.title}'
        alarms.append(vanished_classes(_highest([one.shares for one in series[:-1]]), last.shares, where))
        what = f'{series[-2].title} and {last.title}'
        alarms += [
            frozen_labels(one.unchanged, what) for one in agreements if one.what == what and one.unchanged is not None
        ]
    return alarms


def _highest(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The highest value of each class; those that never have one are left out."""
    names = dict.fromkeys(name for one in values for name in one)
    seen = {name: [one[name] for one in values if not np.isnan(one.get(name, np.nan))] for name in names}
    return {name: max(numbers) for name, numbers in seen.items() if numbers}
