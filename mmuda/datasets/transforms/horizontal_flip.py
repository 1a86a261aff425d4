"""Mirroring of the training images."""

import random

from mmcv.transforms import RandomFlip
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS

from mmuda.datasets.transforms.plane_geometry import mirror_planes


@TRANSFORMS.register_module()
class HorizontalFlip(RandomFlip):
    """Stock horizontal flip, drawn as ``random.random() < prob`` as in MRNet (Zheng and Yang, IJCAI 2020).

    Planes are mirrored, too.

    Args:
        prob (float): Probability in [0, 1]. Defaults to 0.5.
    """

    def __init__(self, prob: float = 0.5) -> None:
        super().__init__(prob=float(prob), direction='horizontal')

    @cache_randomness
    def _choose_direction(self) -> str | None:
        return 'horizontal' if random.random() < self.prob else None

    def _flip(self, results: dict) -> None:
        super()._flip(results)
        mirror_planes(results)
