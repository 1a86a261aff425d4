"""Pseudo labels chosen by statistics over stochastic passes.

The strategies of "Enhanced Pseudo-Label Correction for Semantic Segmentation" (a thesis on MRNet), whose constants are
those of UPS (Rizve et al., In Defense of Pseudo-Labeling, ICLR 2021) but for the threshold of 0.8. They are called with
what :class:`~mmuda.pseudo_labels.predictors.mc_dropout_predictor.MCDropoutPredictor` gives.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.pseudo_labels.labelers.labeler import Labeler, LabelPlanes
from mmuda.pseudo_labels.labelers.mc_dropout import certain_label, mean_label, min_label, negative_labels, std_at_label
from mmuda.pseudo_labels.planes import CONFIDENCE, LABEL, BitPlane, LabelPlane, Plane, ScaledPlane
from mmuda.pseudo_labels.predictors.pass_predictions import PassPredictions

INDICES = ('minimum', 'mean')


def check_share(value: float, name: str) -> float:
    """Return ``value`` if it lies in [0, 1].

    Raises:
        ValueError: If not.
    """
    if not 0 <= value <= 1:
        raise ValueError(f'{name} must lie in [0, 1], got {value}')
    return value


@TASK_UTILS.register_module()
class MeanPassLabeler(Labeler):
    """The most probable class on average, where its mean is high enough; the confidence is this mean.

    Args:
        threshold (float): Lowest mean. Defaults to 0.8.
    """

    def __init__(self, threshold: float = 0.8) -> None:
        self.threshold = check_share(threshold, 'MeanPassLabeler: threshold')

    def __call__(self, prediction: Tensor) -> LabelPlanes:
        """Label one image, of statistics (S, C, H, W).

        Raises:
            ValueError: If they are none, or with a temperature.
        """
        mean = PassPredictions.positive(prediction).mean
        return LabelPlanes(mean_label(mean, self.threshold), mean.amax(0))

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`."""
        return dict(type='MeanPassLabeler', threshold=self.threshold)


@TASK_UTILS.register_module()
class MinimumPassLabeler(Labeler):
    """The class of the largest minimum, where every pass gives it enough; the confidence is this minimum.

    Args:
        threshold (float): Lowest minimum. Defaults to 0.8.
        index (str): Class at which the minimum is compared with the threshold. ``minimum``: that of the label.
            ``mean``: the most probable one on average, as in the published code. Above a threshold of 0.5 both give
            the same labels. Defaults to ``minimum``.

    Raises:
        ValueError: If ``threshold`` or ``index`` is none of these.
    """

    def __init__(self, threshold: float = 0.8, index: str = 'minimum') -> None:
        self.threshold = check_share(threshold, 'MinimumPassLabeler: threshold')
        if index not in INDICES:
            raise ValueError(f'MinimumPassLabeler: index must be one of {INDICES}, got {index!r}')
        self.index = index

    def __call__(self, prediction: Tensor) -> LabelPlanes:
        """Label one image, of statistics (S, C, H, W).

        Raises:
            ValueError: If they are none, or with a temperature.
        """
        passes = PassPredictions.positive(prediction)
        mean = passes.mean if self.index == 'mean' else None
        return LabelPlanes(min_label(passes.minimum, self.threshold, mean), passes.minimum.amax(0))

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`."""
        return dict(type='MinimumPassLabeler', threshold=self.threshold, index=self.index)


@dataclass(frozen=True)
class MeanStdPlanes(LabelPlanes):
    """Planes of :class:`MeanStdPassLabeler`.

    Args:
        mean_label (Tensor): (H, W), uint8, the label before the passes' agreement is asked for.
        std (Tensor): (H, W), standard deviation of the most probable class.
    """

    mean_label: Tensor
    std: Tensor


@TASK_UTILS.register_module()
class MeanStdPassLabeler(Labeler):
    """The most probable class on average, where its mean is high enough and the passes agree about it.

    Stored are also the label by the mean alone (``mean_label``) and the deviation (``std``), both of which the data set
    of the thesis reads.

    Args:
        threshold (float): Lowest mean. Defaults to 0.8.
        max_std (float): Highest standard deviation of the class. Defaults to 0.05.
    """

    planes: tuple[Plane, ...] = (LABEL, CONFIDENCE, LabelPlane('mean_label'), ScaledPlane('std', maximum=0.5))

    def __init__(self, threshold: float = 0.8, max_std: float = 0.05) -> None:
        self.threshold = check_share(threshold, 'MeanStdPassLabeler: threshold')
        self.max_std = check_share(max_std, 'MeanStdPassLabeler: max_std')

    def __call__(self, prediction: Tensor) -> MeanStdPlanes:
        """Label one image, of statistics (S, C, H, W).

        Raises:
            ValueError: If they are none, of one pass, or with a temperature.
        """
        passes = PassPredictions.positive(prediction)
        mean, std = passes.mean, passes.deviation()
        return MeanStdPlanes(
            certain_label(mean, std, self.threshold, self.max_std),
            mean.amax(0),
            mean_label(mean, self.threshold),
            std_at_label(mean, std),
        )

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`."""
        return dict(type='MeanStdPassLabeler', threshold=self.threshold, max_std=self.max_std)


@dataclass(frozen=True)
class NegativePlanes(LabelPlanes):
    """Planes of :class:`NegativePassLabeler`.

    Args:
        positive (LabelPlanes): Those of the positive labels.
        negative (Tensor): (C, H, W), bool, classes that a pixel surely does not have.
    """

    positive: LabelPlanes
    negative: Tensor

    def arrays(self) -> dict[str, np.ndarray]:
        """See :class:`LabelPlanes`."""
        return dict(self.positive.arrays(), negative=self.negative.cpu().numpy())


@TASK_UTILS.register_module()
class NegativePassLabeler(Labeler):
    """Positive labels, and for each pixel the classes that it surely does not have.

    These have a low mean and a low deviation over the passes at a temperature. The most probable class is never one of
    them, as in UPS.

    Args:
        positive (dict, optional): Config of the labeler of positive labels. Defaults to ``MeanStdPassLabeler``.
        max_mean (float): Highest mean of a class to exclude. Defaults to 0.05.
        max_std (float): The deviation must lie below. Defaults to 0.005.
    """

    def __init__(self, positive: dict | None = None, max_mean: float = 0.05, max_std: float = 0.005) -> None:
        self.positive: Labeler = TASK_UTILS.build(positive or dict(type='MeanStdPassLabeler'))
        self.max_mean = check_share(max_mean, 'NegativePassLabeler: max_mean')
        self.max_std = check_share(max_std, 'NegativePassLabeler: max_std')
        self.planes = (*self.positive.planes, BitPlane('negative'))

    def __call__(self, prediction: Tensor) -> NegativePlanes:
        """Label one image, of statistics (5, C, H, W).

        Raises:
            ValueError: If they are none, or without a temperature.
        """
        mean, std = PassPredictions.of(prediction).warm()
        negative = negative_labels(mean, std, self.max_mean, self.max_std)
        negative.scatter_(0, mean.argmax(0, keepdim=True), False)
        positive = self.positive(prediction[:3])
        return NegativePlanes(positive.label, positive.confidence, positive, negative)

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`."""
        return dict(
            type='NegativePassLabeler',
            positive=self.positive.description(),
            max_mean=self.max_mean,
            max_std=self.max_std,
        )
