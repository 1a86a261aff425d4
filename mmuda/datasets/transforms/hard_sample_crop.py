"""Random crops that show many classes."""

import random
from collections.abc import Sequence

import numpy as np
from mmcv.transforms.utils import cache_randomness
from mmseg.datasets.transforms import RandomCrop
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class HardSampleCrop(RandomCrop):
    """Random crop, drawn again until its label has enough distinct values.

    As in MRNet (Zheng and Yang, IJCAI 2020): up to ``max_tries`` draws of
    ``top = random.randint(0, H - h)``, ``left = random.randint(0, W - w)``; the first crop with at least
    ``min_distinct`` values (255 counts as one) is taken, else the last; without a label the first.

    Args:
        crop_size (tuple[int, int]): (height, width) in pixels.
        min_distinct (int, optional): Number of distinct label values a crop needs; None for a plain random
            crop. Defaults to 11.
        max_tries (int): Largest number of draws. Defaults to 10.

    Raises:
        ValueError: If ``crop_size`` is not two positive numbers, the image is smaller than the crop, or
            ``max_tries`` is below 1.
    """

    def __init__(self, crop_size: tuple[int, int], min_distinct: int | None = 11, max_tries: int = 10) -> None:
        if not isinstance(crop_size, Sequence) or len(crop_size) != 2 or min(crop_size) < 1:
            raise ValueError(f'HardSampleCrop: crop_size = {crop_size!r}, expected (height, width) in pixels')
        if max_tries < 1:
            raise ValueError(f'HardSampleCrop: max_tries = {max_tries}, expected at least 1')
        super().__init__(crop_size=tuple(crop_size))
        self.min_distinct = min_distinct
        self.max_tries = max_tries

    @cache_randomness
    def crop_bbox(self, results: dict) -> tuple[int, int, int, int]:
        """Draw a crop.

        Args:
            results (dict): With ``img`` and, where the image is labeled, ``gt_seg_map``.

        Returns:
            tuple[int, int, int, int]: top, bottom, left, right; bottom and right are exclusive.
        """
        (height, width), (crop_height, crop_width) = results['img'].shape[:2], self.crop_size
        if height < crop_height or width < crop_width:
            raise ValueError(
                f'HardSampleCrop: image {results.get("img_path")} is {width}x{height} after resizing, '
                f'smaller than the crop of {crop_width}x{crop_height} (width x height); enlarge the resize '
                'scale or lower crop_size'
            )
        label = results.get('gt_seg_map')
        for _ in range(self.max_tries):
            top = random.randint(0, height - crop_height)
            left = random.randint(0, width - crop_width)
            box = top, top + crop_height, left, left + crop_width
            if label is None or _count_distinct(self.crop(label, box)) >= (self.min_distinct or 0):
                break
        return box

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(crop_size={self.crop_size}, min_distinct={self.min_distinct}, '
            f'max_tries={self.max_tries})'
        )


def _count_distinct(label: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(label.ravel(), minlength=256)))
