"""The best class of every pixel, plane by plane: no second map of all classes is made."""

from collections.abc import Iterable

import torch
from torch import Tensor


def top_class(planes: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the highest value per pixel and its class, as ``max(dim=0)`` does, but faster and plane by plane.

    Args:
        planes (Iterable[Tensor]): Maps (H, W) of at most 256 classes.

    Returns:
        tuple[Tensor, Tensor]: Values (H, W) and classes (H, W), uint8, the lowest of equal ones.

    Raises:
        ValueError: If there are NaN.
    """
    planes = iter(planes)
    best = next(planes).clone()
    label = torch.zeros_like(best, dtype=torch.uint8)
    for index, plane in enumerate(planes, start=1):
        # Later classes have higher ids: `maximum` writes them over earlier ones.
        torch.maximum(label, (plane > best).view(torch.uint8).mul_(index), out=label)
        torch.maximum(best, plane, out=best)
    if best.amax().isnan():
        raise ValueError('the probabilities contain NaN: the labeling model has diverged, or its checkpoint is damaged')
    return best, label


def reweighted_class(planes: Iterable[Tensor], thresholds: Tensor) -> tuple[Tensor, Tensor]:
    """Return the highest ratio of score and threshold per pixel, and its class.

    Args:
        planes (Iterable[Tensor]): Scores p_c (H, W), float32.
        thresholds (Tensor): t_c (C,), float32, none of them 0.

    Returns:
        tuple[Tensor, Tensor]: max_c p_c / t_c (H, W), below 1 where the pixel is to be ignored, and its
        class (H, W), uint8, the lowest of equal ones.
    """
    return top_class(plane / threshold for plane, threshold in zip(planes, thresholds))
