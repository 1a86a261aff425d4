import math

from torch import Tensor

SMALLEST = 1e-30  # added inside the logarithm, as in the published code


def weighted_self_information(probabilities: Tensor) -> Tensor:
    """Share of every class in the entropy of a pixel, in units of the largest entropy there is.

    ``-p * log2(p + 1e-30) / log2(C)``; the sum over the classes is the normalized entropy, from 0 to 1. Vu et al.,
    ADVENT, CVPR 2019, Eq. 5.

    Args:
        probabilities (Tensor): (N, C, H, W), C at least 2.

    Returns:
        Tensor: (N, C, H, W). Its slope at a probability of 0 is finite.

    Example:
        >>> import torch
        >>> weighted_self_information(torch.full((1, 4, 1, 1), 0.25)).flatten()
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    return -probabilities * (probabilities + SMALLEST).log2() / math.log2(probabilities.shape[1])
