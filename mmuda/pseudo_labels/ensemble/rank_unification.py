"""Certainties of teachers with different habits brought to one scale: only the order of the classes is kept."""

import torch
from torch import Tensor


class RankedCertainty:
    """Mean certainty of the least, ..., the most certain class, over pixels and teachers; state is (C,).

    Classes that a teacher does not know count with their certainty, 0, as its least certain ones. Without them the
    means of the lowest ranks would be over fewer teachers than those of the others, and might not ascend.

    Args:
        num_classes (int): C.
        device (str or torch.device): Of the predictions. Defaults to ``'cpu'``.
    """

    def __init__(self, num_classes: int, device: str | torch.device = 'cpu') -> None:
        self.pixels = torch.zeros((), dtype=torch.int64, device=device)
        self.sums = torch.zeros(num_classes, dtype=torch.float64, device=device)

    def update(self, certainties: Tensor) -> None:
        """Add one image.

        Args:
            certainties (Tensor): (T, C, H, W), 0..100.

        Raises:
            ValueError: If the number of classes is another one.
        """
        if certainties.ndim != 4 or certainties.shape[1] != len(self.sums):
            raise ValueError(f'expected certainties (T, {len(self.sums)}, H, W), got {tuple(certainties.shape)}')
        for teacher in certainties:
            for rank, plane in enumerate(_ascending(teacher)):
                self.sums[rank] += plane.sum(dtype=torch.float64 if plane.is_floating_point() else torch.int64)
            self.pixels += teacher[0].numel()

    def mean(self) -> Tensor:
        """Return the means (C,), float64, ascending; NaN without images."""
        return self.sums / self.pixels


def unify_ranks(certainties: Tensor, delta: Tensor) -> Tensor:
    """Replace certainties by those that are usual for their rank, and average over the teachers.

    An option of a later code base of the authors of ensemble distillation ("rank-based soft labels").

    Args:
        certainties (Tensor): (T, C, H, W), any scale, 0 for classes that a teacher does not know. Of equal ones in a
            pixel the higher class has the higher rank.
        delta (Tensor): (C,), certainty of each rank, the smallest first, see :class:`RankedCertainty`.

    Returns:
        Tensor: (C, H, W), float32.

    Raises:
        ValueError: If the shapes do not fit.
    """
    if certainties.ndim != 4 or delta.shape != certainties.shape[1:2]:
        raise ValueError(
            f'expected certainties (T, C, H, W) and delta (C,), got {tuple(certainties.shape)} and {tuple(delta.shape)}'
        )
    delta = delta.to(certainties.device, torch.float32)
    total = torch.zeros_like(certainties[0], dtype=torch.float32)
    for teacher in certainties:
        for plane, rank in zip(total, class_ranks(teacher)):
            plane += delta.index_select(0, rank.flatten().int()).view_as(plane)
    total /= len(certainties)
    return total


def class_ranks(certainties: Tensor) -> Tensor:
    """Return how many classes of the same pixel come before each class in ascending order.

    Args:
        certainties (Tensor): (C, H, W), at most 255 classes.

    Returns:
        Tensor: (C, H, W), uint8, 0..C-1: of equal ones the higher class has the higher rank.
    """
    ranks = torch.zeros_like(certainties, dtype=torch.uint8)
    for c, plane in enumerate(certainties):
        for below in range(c):
            higher = plane >= certainties[below]
            ranks[c] += higher
            ranks[below] += ~higher
    return ranks


def _ascending(certainties: Tensor) -> list[Tensor]:
    """Sort (C, H, W) over the classes by exchanges of planes: many times faster than ``sort``, which goes by pixel."""
    planes = list(certainties)
    for end in range(len(planes) - 1, 0, -1):
        for i in range(end):
            planes[i], planes[i + 1] = torch.minimum(planes[i], planes[i + 1]), torch.maximum(planes[i], planes[i + 1])
    return planes
