"""Inverse depth as probabilities of bins."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

LIMIT = 655.36  # meters: the largest depth of 16 bits in centimeters, plus one centimeter

# Depth in meters of bin i of n.
RULES: dict[str, Callable[[int, int], float]] = {
    'SID': lambda i, n: math.ceil(math.exp(math.log(LIMIT) * i / n)),
    'SID2': lambda i, n: LIMIT ** ((2 * i + 1) / (2 * n)),
}


def bin_depths(num_bins: int = 15, rule: str = 'SID') -> list[float]:
    """Depths of the bins in meters, which rise exponentially.

    Args:
        num_bins (int): n. Defaults to 15.
        rule (str): ``SID``: ``ceil(655.36 ** (i / n))``, i from 0, which the published configs of CTRL use; ``SID2``:
            ``655.36 ** ((2 i + 1) / (2 n))``, which its paper has. Defaults to ``SID``.

    Raises:
        ValueError: If ``num_bins`` is below 2 or the rule unknown.
    """
    if num_bins < 2:
        raise ValueError(f'num_bins must be at least 2, got {num_bins}')
    if rule not in RULES:
        raise ValueError(f'the rule of the bins must be one of {sorted(RULES)}, got {rule!r}')
    return [RULES[rule](i, num_bins) for i in range(num_bins)]


def inverse_bins(depths: list[float]) -> Tensor:
    """Inverse depths (K,) float32 of bins at these depths in meters: 65536 / (depth in cm + 1)."""
    return 65536 / torch.tensor([100 * depth + 1 for depth in depths], dtype=torch.float32)


def bin_probabilities(inverse_depth: Tensor, bins: Tensor, sigma: float = 1.0) -> Tensor:
    """Probability of every bin: soft-max over ``-(inverse depth - bin)^2 / sigma``.

    Args:
        inverse_depth (Tensor): (N, 1, H, W). Far beyond the bins, from some thousands on, float32 squares lose the
            distances between bins.
        bins (Tensor): (K,).
        sigma (float): Width of the bins. Defaults to 1.0.

    Returns:
        Tensor: (N, K, H, W).
    """
    return (-(inverse_depth - bins[:, None, None]).square() / sigma).softmax(dim=1)
