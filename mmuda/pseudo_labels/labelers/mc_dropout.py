"""Statistics over stochastic forward passes, and the pseudo labels chosen by them.

Rules of "Enhanced Pseudo-Label Correction for Semantic Segmentation", whose constants are those of UPS
(Rizve et al., In Defense of Pseudo-Labeling, ICLR 2021). A pass is one map of class probabilities in
[0, 1], the mean over the views of an image, predicted with dropout switched on.
"""

import torch
from torch import Tensor

from mmuda.pseudo_labels.labelers.labeler import IGNORE_INDEX, check_num_classes


class PassStatistics:
    """Mean, minimum and standard deviation over passes, without keeping them.

    Welford's algorithm, one class after the other; memory is three maps, however many passes there are.

    Args:
        with_minimum (bool): Whether the minimum is wanted. Defaults to True.

    Example:
        >>> statistics = PassStatistics()
        >>> for value in (0.2, 0.4):
        ...     statistics.update(torch.full((2, 1, 1), value))
        >>> round(statistics.mean[0].item(), 4), round(statistics.std[0].item(), 4)
        (0.3, 0.1)
    """

    def __init__(self, with_minimum: bool = True) -> None:
        self.passes = 0
        self.with_minimum = with_minimum
        self._mean: Tensor | None = None
        self._minimum: Tensor | None = None
        self._squares: Tensor | None = None  # sum of squared differences from the mean

    def update(self, probabilities: Tensor) -> None:
        """Add one pass.

        Args:
            probabilities (Tensor): (C, ...), the same shape in every pass; floating point.

        Raises:
            ValueError: If the shape differs from that of the passes before.
        """
        self.passes += 1
        if self._mean is None or self._squares is None:
            self._mean = probabilities.clone()
            self._minimum = probabilities.clone() if self.with_minimum else None
            self._squares = torch.zeros_like(probabilities)
            return
        if probabilities.shape != self._mean.shape:
            raise ValueError(
                f'pass {self.passes} has the shape {tuple(probabilities.shape)}, the passes before it '
                f'{tuple(self._mean.shape)}'
            )
        for values, mean, squares in zip(probabilities, self._mean, self._squares):
            difference = values - mean
            mean.add_(difference, alpha=1 / self.passes)
            squares.addcmul_(difference, difference, value=1 - 1 / self.passes)
        if self._minimum is not None:
            torch.minimum(self._minimum, probabilities, out=self._minimum)

    @property
    def mean(self) -> Tensor:
        """Tensor: Mean over the passes."""
        return self._filled(self._mean)

    @property
    def minimum(self) -> Tensor:
        """Tensor: Smallest value over the passes, unless ``with_minimum`` is False."""
        return self._filled(self._minimum)

    @property
    def std(self) -> Tensor:
        """Tensor: Population standard deviation over the passes."""
        return (self._filled(self._squares) / self.passes).sqrt_()

    @staticmethod
    def _filled(value: Tensor | None) -> Tensor:
        if value is None:
            raise ValueError('no such statistic yet: call update() first, and leave with_minimum on for the minimum')
        return value


def mean_label(mean: Tensor, threshold: float = 0.8) -> Tensor:
    """Most probable class on average, where its mean is at least ``threshold``.

    Args:
        mean (Tensor): (C, ...), means in [0, 1].
        threshold (float): In [0, 1]. Defaults to 0.8.

    Returns:
        Tensor: (...), uint8, 255 elsewhere.
    """
    score, label = mean.max(dim=0)
    return _keep(label, score >= threshold, len(mean))


def min_label(minimum: Tensor, threshold: float = 0.8, mean: Tensor | None = None) -> Tensor:
    """Class of the largest minimum, where every pass gives it at least ``threshold``.

    The published code looks the minimum up at the class of the largest mean. For probabilities and
    thresholds above 0.5 that is the same class.

    Args:
        minimum (Tensor): (C, ...), minima in [0, 1].
        threshold (float): In [0, 1]. Defaults to 0.8.
        mean (Tensor, optional): (C, ...), means; where given, the minimum that must reach the threshold is that of
            the class of the largest mean. Defaults to None: that of the label.

    Returns:
        Tensor: (...), uint8, 255 elsewhere.
    """
    if mean is None:
        return mean_label(minimum, threshold)
    at_mean = minimum.gather(0, mean.argmax(dim=0, keepdim=True)).squeeze(0)
    return _keep(minimum.argmax(dim=0), at_mean >= threshold, len(minimum))


def certain_label(mean: Tensor, std: Tensor, threshold: float = 0.0, max_std: float = 0.05) -> Tensor:
    """Most probable class on average, where the passes agree about it.

    Args:
        mean (Tensor): (C, ...), means in [0, 1].
        std (Tensor): (C, ...), standard deviations.
        threshold (float): Lowest mean of the class. Defaults to 0: only the deviation decides.
        max_std (float): Highest deviation of the class. Defaults to 0.05.

    Returns:
        Tensor: (...), uint8, 255 elsewhere.
    """
    score, label = mean.max(dim=0)
    return _keep(label, (score >= threshold) & (std_at_label(mean, std) <= max_std), len(mean))


def std_at_label(mean: Tensor, std: Tensor) -> Tensor:
    """Deviation (...) of the most probable class; ``mean`` and ``std`` are (C, ...)."""
    return std.gather(0, mean.argmax(dim=0, keepdim=True)).squeeze(0)


def negative_labels(mean: Tensor, std: Tensor, max_mean: float = 0.05, max_std: float = 0.005) -> Tensor:
    """Classes that a pixel surely does not have.

    Args:
        mean (Tensor): (C, ...), means in [0, 1] of passes whose logits were divided by a temperature
            (published: 2) before the soft-max.
        std (Tensor): (C, ...), standard deviations of the same passes.
        max_mean (float): Highest mean. Defaults to 0.05.
        max_std (float): The deviation must lie below. Defaults to 0.005.

    Returns:
        Tensor: (C, ...), bool.
    """
    return (mean <= max_mean) & (std < max_std)


def _keep(label: Tensor, kept: Tensor, num_classes: int) -> Tensor:
    check_num_classes(num_classes)
    return label.byte().masked_fill_(~kept, IGNORE_INDEX)
