"""Which classes are rare, from the sizes of the classes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

VARIANTS = ('cbst', 'crst')


class RareClasses(NamedTuple):
    """Ids of rare classes.

    Attributes:
        priority (list[int]): Classes whose share is below the limit.
        smallest (list[int]): The given number of classes of the smallest share, ascending by share.
    """

    priority: list[int]
    smallest: list[int]


def rare_classes(
    sizes: Sequence[float] | np.ndarray, number: int = 3, share: float = 1e-3, variant: str = 'cbst'
) -> RareClasses:
    """Find the classes to mine (Zou et al., ECCV 2018, Sec. 4.3; Zou et al., ICCV 2019).

    A class that is never predicted has share 0 and is rare. Of equal shares the lower id comes first.

    Args:
        sizes (Sequence or np.ndarray): (C,), numbers of pixels per class.
        number (int): How many classes of the smallest share. Defaults to 3.
        share (float): Classes of a smaller share (strictly) have priority. Defaults to 1e-3.
        variant (str): ``'cbst'``: shares in float64, priority classes ascending by id. ``'crst'``: shares in
            float32, priority classes ascending by share. Defaults to ``'cbst'``.

    Returns:
        RareClasses: The ids.

    Raises:
        ValueError: If ``variant`` is unknown.

    Example:
        >>> rare_classes([5000, 0, 2, 900], number=2)
        RareClasses(priority=[1, 2], smallest=[1, 2])
    """
    if variant not in VARIANTS:
        raise ValueError(f'variant = {variant!r}, expected one of {VARIANTS}')
    shares = np.asarray(sizes, np.float64 if variant == 'cbst' else np.float32)
    shares = shares / max(shares.sum(), 1)
    ascending = shares.argsort(kind='stable')
    order = np.arange(len(shares)) if variant == 'cbst' else ascending
    return RareClasses(order[shares[order] < share].tolist(), ascending[:number].tolist())
