"""Five pixels, three classes: the worked example of the unit tests, computed by hand with NumPy."""

import torch
from torch import Tensor

CLASS_WEIGHT = torch.tensor([1.0, 7.0, 2.0], dtype=torch.float64)
LABELS = torch.tensor([0, 1, 2, 2, 255]).reshape(1, 1, 5)


def as_map(pixels: list[list[float]]) -> Tensor:
    """Pixel rows (P, C) -> float64 logits (1, C, 1, P) that require grad."""
    return torch.tensor(pixels, dtype=torch.float64).T[None, :, None].contiguous().requires_grad_()


def toy_logits() -> tuple[Tensor, Tensor]:
    aux = as_map([[2, 0, -1], [0, 1, 0], [1, 1, 1], [-1, 0, 3], [0.5, 0.5, -0.5]])
    main = as_map([[1, 0, 0], [0, 2, 0], [0, 1, -1], [0, 0, 2], [-0.5, 0.5, 1.5]])
    return aux, main
