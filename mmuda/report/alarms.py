"""Signs that a training goes wrong: each says what was found, and what to look at. No labels of the target are needed.

The thresholds are rules of thumb: they are to find a training that has gone wrong, not one that could be better.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Alarm:
    """One sign.

    Args:
        kind (str): Such as ``class collapse``.
        text (str): What was found, and what to look at.
    """

    kind: str
    text: str


def class_collapse(shares: Mapping[str, float], where: str, highest: float = 0.9) -> Alarm | None:
    """Nearly all pixels have one class.

    Args:
        shares (Mapping[str, float]): Share of each class in the labeled or predicted pixels, in [0, 1].
        where (str): What these are, for the text.
        highest (float): Share of one class from which on this is one. Defaults to 0.9.
    """
    name = max(shares, key=lambda key: shares[key], default=None)
    if name is None or shares[name] < highest:
        return None
    return Alarm(
        'class collapse',
        f'{where}: {_percent(shares[name])} of the pixels are {name!r} (alarm from {_percent(highest)} on). Look at '
        'the predictions, at the class shares of the generation before and at the losses where it began; lower the '
        'learning rate or begin the adaptation later, balance the classes of the pseudo labels, or raise their '
        'threshold. If the images truly are so, all is well.',
    )


def coverage_at_a_bound(
    coverage: float, where: str, lowest: float = 0.01, highest: float = 0.995, may_be_all: bool = False
) -> Alarm | None:
    """Hardly any pixel is learned from, or nearly all are.

    Args:
        coverage (float): Share of the pixels that have a pseudo label, in [0, 1].
        where (str): Of which labels, for the text.
        lowest (float): At or below this there are too few. Defaults to 0.01.
        highest (float): At or above this nothing is left out. Defaults to 0.995.
        may_be_all (bool): Whether the labeler leaves out nothing on purpose. Defaults to False.
    """
    if coverage <= lowest:
        return Alarm(
            'coverage at 0',
            f'{where}: {_percent(coverage)} of the pixels count (alarm up to {_percent(lowest)}), so that the target '
            'teaches nothing. Look at the histogram of the confidences: lower the threshold to where pixels are, or '
            'train the model that labels for longer on the source.',
        )
    if coverage >= highest and not may_be_all:
        return Alarm(
            'coverage at 1',
            f'{where}: {_percent(coverage)} of the pixels count (alarm from {_percent(highest)} on), so that the '
            'threshold keeps no wrong label out. Look at the histogram of the confidences: a network that is sure of '
            'everything is over-confident; raise the threshold, or label by portions of each class.',
        )
    return None


def teacher_apart(agreement: float, where: str, lowest: float = 0.5) -> Alarm | None:
    """Teacher and student see different things.

    Args:
        agreement (float): Share of the pixels to which both give the same class, in [0, 1].
        where (str): Of which pixels, for the text.
        lowest (float): Below this they are apart. Defaults to 0.5.
    """
    if agreement >= lowest:
        return None
    return Alarm(
        'teacher and student apart',
        f'{where}: teacher and student agree on {_percent(agreement)} of the pixels (alarm below {_percent(lowest)}). '
        'Look at the predictions of both: either the student has diverged (its losses rise: lower the learning rate), '
        "or the teacher lags (lower TeacherHook's momentum), or has BatchNorm statistics of its own that do not fit "
        "(buffers='copy').",
    )


def vanished_classes(
    before: Mapping[str, float], after: Mapping[str, float], where: str, least: float = 0.001, kept: float = 0.05
) -> Alarm | None:
    """Classes that were there are (nearly) gone.

    Args:
        before (Mapping[str, float]): Value of each class earlier, in [0, 1]: its share in the labeled pixels, or IoU.
        after (Mapping[str, float]): The same later.
        where (str): What these are, for the text.
        least (float): A class with less than this was not there before. Defaults to 0.001.
        kept (float): A class that keeps less than this part of its value is gone. Defaults to 0.05.
    """
    gone = [name for name, value in before.items() if value >= least and after.get(name, 0.0) < kept * value]
    if not gone:
        return None
    changes = ', '.join(f'{name} from {_percent(before[name])} to {_percent(after.get(name, 0.0))}' for name in gone)
    return Alarm(
        'vanished class',
        f'{where}: {changes} (alarm where less than {_percent(kept)} of at least {_percent(least)} is left). Look at '
        'the pictures: which class took its place? Label by portions of each class (ClassBalancedLabeler), let crops '
        'look for rare classes, or weight the classes of the loss.',
    )


def frozen_labels(unchanged: float, where: str, highest: float = 0.999) -> Alarm | None:
    """Labels are the same as those before, so that a round has taught nothing new.

    Args:
        unchanged (float): Share of the pixels that have the label, or the lack of one, that they had before, in [0, 1].
        where (str): Which labels are compared, for the text.
        highest (float): From this on they are the same. Defaults to 0.999.
    """
    if unchanged < highest:
        return None
    return Alarm(
        'labels that no longer change',
        f'{where}: {_percent(unchanged)} of the pixels are as before (alarm from {_percent(highest)} on). Further '
        'rounds repeat what was learned: end here, label a larger portion, or see whether the weights move at all '
        '(learning rate, frozen layers).',
    )


def _percent(share: float) -> str:
    return f'{100 * share:.4g} %'
