"""Which confidences the thresholds are made of."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class SamplingRule:
    """Which confidences are collected, and the rank of the threshold among them.

    Attributes:
        stride (int): Of the pixels of one class in one image, in row-major order, the interval at which one is
            collected, starting with the first.
        zeros (bool): Whether one value 0 is added to each class seen (policy ``global``: C + 1 of them).
        nearest (bool): Rank ``round(portion * N)``, at least 1, instead of ``floor(portion * N)``.
    """

    stride: int
    zeros: bool
    nearest: bool

    def ranks(self, sizes: Tensor, portion: float) -> Tensor:
        """Return the ranks (G,) of the thresholds among ``sizes`` (G,) values; 0 for none."""
        product = sizes.double() * portion
        ranks = product.round().clamp_min(1) if self.nearest else product.floor()
        return ranks.long().minimum(sizes)


SAMPLING_RULES = {
    'cbst': SamplingRule(stride=4, zeros=True, nearest=False),
    'crst': SamplingRule(stride=4, zeros=False, nearest=False),
    'paper': SamplingRule(stride=1, zeros=False, nearest=True),
}


def every_nth_of_class(label: Tensor, pixels: Tensor, seen: Tensor, stride: int) -> Tensor:
    """Return the positions of every n-th pixel of each class, starting with its first.

    Args:
        label (Tensor): (n,), uint8, a part of an image.
        pixels (Tensor): (C,), how often each class occurs in it.
        seen (Tensor): (C,), how often it occurs in the parts before, which are counted on.
        stride (int): n.

    Returns:
        Tensor: Positions, int64, class by class.
    """
    by_class = label.sort(stable=True).indices.split(pixels.tolist())
    return torch.cat([positions[-before % stride :: stride] for positions, before in zip(by_class, seen.tolist())])
