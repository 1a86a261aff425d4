from collections.abc import Sequence

import torch
from mmseg.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class FixedClassWeights(nn.Module):
    """Class weights that stand in the config, for ``class_weights`` of an objective.

    Args:
        weights (Sequence[float]): One per class, positive.
        num_classes (int): C, for the check; the segmentor fills it in.

    Shape:
        labels: (N, H, W), not read. Result: (C,) float32.

    Raises:
        ValueError: If their number is not ``num_classes``, or one is not positive.

    Example:
        >>> FixedClassWeights(weights=[0.5, 2.0], num_classes=2)(torch.zeros(1, 2, 2))
        tensor([0.5000, 2.0000])
    """

    weights: Tensor

    def __init__(self, weights: Sequence[float], num_classes: int) -> None:
        super().__init__()
        if len(weights) != num_classes or min(weights) <= 0:
            raise ValueError(
                f'FixedClassWeights: expected {num_classes} positive weights, one per class, got {list(weights)}'
            )
        # Not saved: what the config says holds.
        self.register_buffer('weights', torch.tensor(weights, dtype=torch.float32), persistent=False)

    def forward(self, labels: Tensor) -> Tensor:
        """Return the weights, whatever the labels."""
        return self.weights
