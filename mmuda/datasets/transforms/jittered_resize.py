"""Resizing of the training images."""

import random
from collections.abc import Sequence

from mmcv.transforms import Resize
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS

from mmuda.datasets.transforms.plane_geometry import resize_planes


@TRANSFORMS.register_module()
class JitteredResize(Resize):
    """Resize to a fixed size times one random factor; image bicubic, label nearest, both by Pillow.

    The aspect ratio of ``scale`` is kept, that of the image is not. As in MRNet (Zheng and Yang, IJCAI 2020):
    ``s = low + (high - low) * random.random()``, size ``(round(w * s), round(h * s))``.

    Planes are resized by their own rules.

    Args:
        scale (tuple[int, int]): Size (width, height) in pixels. Defaults to (1280, 720).
        ratio_range (tuple[float, float], optional): Range of the factor; None draws nothing. Defaults to
            (0.8, 1.2).

    Raises:
        ValueError: If ``scale`` is not two positive numbers, or ``ratio_range`` is not two positive
            numbers in rising order.
    """

    def __init__(
        self, scale: tuple[int, int] = (1280, 720), ratio_range: tuple[float, float] | None = (0.8, 1.2)
    ) -> None:
        if not isinstance(scale, Sequence) or len(scale) != 2 or min(scale) < 1:
            raise ValueError(f'JitteredResize: scale = {scale!r}, expected (width, height) in pixels')
        if ratio_range is not None and not (len(ratio_range) == 2 and 0 < ratio_range[0] <= ratio_range[1]):
            raise ValueError(
                f'JitteredResize: ratio_range = {ratio_range}, expected (low, high) with 0 < low <= high, or None'
            )
        super().__init__(scale=tuple(scale), keep_ratio=False, backend='pillow', interpolation='bicubic')
        self.ratio_range = ratio_range

    @cache_randomness
    def draw_size(self) -> tuple[int, int]:
        """Draw a size.

        Returns:
            tuple[int, int]: (width, height).
        """
        if self.ratio_range is None:
            return self.scale
        low, high = self.ratio_range
        span = round(high - low, 12)  # 1.2 - 0.8 is 0.4 minus one ulp; the original multiplies by 0.4
        factor = low + span * random.random()
        return round(self.scale[0] * factor), round(self.scale[1] * factor)

    def transform(self, results: dict) -> dict:
        """Resize ``img``, ``gt_seg_map`` and planes."""
        results['scale'] = self.draw_size()
        self._resize_img(results)
        self._resize_seg(results)
        resize_planes(results, results['img'].shape[:2])
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(scale={self.scale}, ratio_range={self.ratio_range})'
