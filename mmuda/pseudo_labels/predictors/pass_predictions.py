"""What several stochastic passes say about one image: the input of the labelers of Monte-Carlo dropout."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PassPredictions:
    """Statistics over K passes of the class probabilities of one image.

    A predictor gives one tensor, so they travel stacked: (2, C, H, W) mean and minimum of one pass, (3, C, H, W) with
    the standard deviation, (5, C, H, W) with mean and deviation at a temperature.

    Args:
        mean (Tensor): (C, H, W), in [0, 1].
        minimum (Tensor): (C, H, W).
        std (Tensor, optional): (C, H, W), population standard deviation; None of one pass alone.
        warm_mean (Tensor, optional): (C, H, W), mean of the same passes with logits divided by a temperature.
        warm_std (Tensor, optional): (C, H, W), their standard deviation.

    Example:
        >>> PassPredictions(*torch.rand(3, 19, 4, 4)).stacked().shape
        torch.Size([3, 19, 4, 4])
    """

    mean: Tensor
    minimum: Tensor
    std: Tensor | None = None
    warm_mean: Tensor | None = None
    warm_std: Tensor | None = None

    @classmethod
    def of(cls, stacked: Tensor) -> 'PassPredictions':
        """Read what :meth:`stacked` returned.

        Raises:
            ValueError: If it is something else, such as the probabilities of one prediction.
        """
        if stacked.ndim != 4 or len(stacked) not in (2, 3, 5):
            raise ValueError(
                f'expected statistics over passes (2, 3 or 5, C, H, W), got {tuple(stacked.shape)}: labelers of '
                "Monte-Carlo dropout need predictor=dict(type='MCDropoutPredictor', ...)"
            )
        return cls(*stacked)

    @classmethod
    def positive(cls, stacked: Tensor) -> 'PassPredictions':
        """Read what :meth:`stacked` returned, for labels that need no temperature.

        Raises:
            ValueError: If it is something else, or made with a temperature, which has no effect on these labels.
        """
        passes = cls.of(stacked)
        if passes.warm_mean is not None:
            raise ValueError(
                'temperature of MCDropoutPredictor has no effect on positive labels, and takes time: remove it, or '
                'label with NegativePassLabeler'
            )
        return passes

    def stacked(self) -> Tensor:
        """Return all statistics as one tensor (2, 3 or 5, C, H, W)."""
        return torch.stack(
            [
                statistic
                for statistic in (self.mean, self.minimum, self.std, self.warm_mean, self.warm_std)
                if statistic is not None
            ]
        )

    def deviation(self) -> Tensor:
        """Return the standard deviation (C, H, W).

        Raises:
            ValueError: If there was one pass.
        """
        if self.std is None:
            raise ValueError('one pass has no standard deviation: set passes of MCDropoutPredictor to 2 or more')
        return self.std

    def warm(self) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation (C, H, W) at the temperature.

        Raises:
            ValueError: If there are none.
        """
        if self.warm_mean is None or self.warm_std is None:
            raise ValueError(
                'negative labels are chosen at a temperature: set temperature of MCDropoutPredictor (published: 2)'
            )
        return self.warm_mean, self.warm_std
