"""The slow copy of a network: exponential moving average of its weights."""

from collections.abc import Iterable

import torch
from torch import Tensor


def ema_share(update: int, momentum: float) -> float:
    """Share of itself that the average keeps in an update.

    ``min(1 - 1 / (update + 1), momentum)`` (Tarvainen and Valpola, Mean Teacher, NeurIPS 2017; Tranheden et al.,
    DACS, WACV 2021): 0 in update 0, which copies the network, 1/2 in update 1, and growing up to ``momentum``.

    Args:
        update (int): Number of this update.
        momentum (float): In [0, 1).

    Returns:
        float: In [0, momentum].
    """
    return min(1 - 1 / (update + 1), momentum)


@torch.no_grad()
def ema_update_(averages: Iterable[Tensor], values: Iterable[Tensor], share: float) -> None:
    """Move ``averages`` to ``share * averages + (1 - share) * values``.

    Floating point tensors move in one fused call; others, such as counters, are copied.

    Args:
        averages (Iterable[Tensor]): Changed in place.
        values (Iterable[Tensor]): As many, of the same shapes, types and devices.
        share (float): In [0, 1], see :func:`ema_share`; 0 copies.

    Example:
        >>> average = torch.zeros(2)
        >>> ema_update_([average], [torch.ones(2)], 0.75)
        >>> average
        tensor([0.2500, 0.2500])
    """
    pairs = list(zip(averages, values, strict=True))
    floats = [pair for pair in pairs if pair[0].is_floating_point()]
    if floats:
        torch._foreach_lerp_([average for average, _ in floats], [value for _, value in floats], 1 - share)
    for average, value in pairs:
        if not average.is_floating_point():
            average.copy_(value)
