"""Pixels of an image at a smaller grid."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor


@cache
def nearest_indices(length: int, cells: int) -> Tensor:
    """Index of the pixel nearest to the middle of each cell, as Pillow chooses it.

    The middles are added up in double precision: at the exact middle of an odd number of cells this may give the lower
    neighbor of ``floor((i + 0.5) * length / cells)``.

    Args:
        length (int): Pixels of a row or column.
        cells (int): Cells of the grid.

    Returns:
        Tensor: (cells,) int64.
    """
    step = length / cells
    middles = np.full(cells, step)
    middles[0] = step / 2
    return torch.from_numpy(np.cumsum(middles).astype(np.int64).clip(max=length - 1))


def nearest_grid(values: Tensor, size: Sequence[int]) -> Tensor:
    """Sample a map at a grid, as ``PIL.Image.resize`` does with the nearest rule.

    Args:
        values (Tensor): (N, H, W) of any type.
        size (Sequence[int]): Height and width of the grid.

    Returns:
        Tensor: (N, *size).
    """
    rows, columns = (nearest_indices(length, cells).to(values.device) for length, cells in zip(values.shape[-2:], size))
    return values[:, rows[:, None], columns]
