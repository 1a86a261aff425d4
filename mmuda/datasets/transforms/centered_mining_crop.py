"""Scaled crops that are often centered on a mined class."""

import logging
import math
import random
from collections.abc import Sequence
from types import ModuleType

import cv2
import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log
from mmseg.registry import TRANSFORMS
from torch.utils.data import get_worker_info

from mmuda.datasets.label_maps import IGNORE_INDEX
from mmuda.datasets.transforms.plane_geometry import crop_planes, resize_planes

RESIZING = ('aligned', 'published')
LARGEST_AREA = 16  # of a scaled image, in crops


def draw_mining_offset(
    rng: random.Random | ModuleType,
    label: np.ndarray,
    crop_size: tuple[int, int],
    mine_ids: Sequence[int],
    mine_chance: float,
) -> tuple[int, int]:
    """Draw the position of a crop.

    With chance ``mine_chance``, and if a mined class is there: one of the mined classes present, one of its
    pixels, and the crop centered there, shifted inside. Otherwise a uniform position.

    Args:
        rng (random.Random): Generator, or the module ``random``.
        label (np.ndarray): (H, W) training ids, not smaller than the crop.
        crop_size (tuple[int, int]): (height, width).
        mine_ids (Sequence[int]): Mined classes.
        mine_chance (float): In [0, 1].

    Returns:
        tuple[int, int]: Row and column of the upper left pixel.
    """
    room = [side - crop for side, crop in zip(label.shape, crop_size)]
    if rng.random() < mine_chance:
        present = np.bincount(label.ravel(), minlength=256) > 0
        classes = [index for index in mine_ids if present[index]]
        if classes:
            pixels = np.flatnonzero(label == classes[rng.randint(0, len(classes) - 1)])
            center = divmod(int(pixels[rng.randint(0, len(pixels) - 1)]), label.shape[1])
            top, left = (min(max(pixel - crop // 2, 0), most) for pixel, crop, most in zip(center, crop_size, room))
            return top, left
    return rng.randint(0, room[0]), rng.randint(0, room[1])


@TRANSFORMS.register_module()
class CenteredMiningCrop(BaseTransform):
    """Random scale, padding at bottom and right, and a crop that is often centered on a mined class.

    The sampling of the CRST code (Zou et al., "Confidence Regularized Self-Training", ICCV 2019). There only
    target samples are mined. Which classes are mined changes from round to round: a
    :class:`~mmuda.datasets.PoolDataset` says it in each sample. Mirroring is left to ``HorizontalFlip``.

    All numbers are drawn from ``random``.

    Required keys: ``img`` ((H, W, 3) uint8, B, G, R); ``gt_seg_map`` ((H, W) uint8) where labeled. Optional key:
    ``mine_ids``, the classes mined in this sample.
    Changed keys: these two, planes, ``img_shape``. Added keys: ``scale_factor``; ``scaled_shape``, (height, width)
    after scaling, and ``crop_offset``, (row, column) of the crop in it, for maps that are cropped elsewhere.

    Args:
        crop_size (tuple[int, int]): (height, width) in pixels of the scaled image. Defaults to (512, 1024).
        scales (Sequence[float]): Factors of the image's own size, not of the size of testing or of another data set:
            with images of other sizes choose others, or resize first (``JitteredResize(ratio_range=None)``). One of
            them is drawn, all equally likely. Where most of the scaled images are smaller than the crop, or all are
            more than 16 times its area, a warning names the sizes. Defaults to 0.5, 0.6, ..., 1.5.
        mine_chance (float): Chance in [0, 1] of looking for a mined class. Defaults to 0.8.
        mine_ids (Sequence[int]): Mined classes of samples that do not name their own. Defaults to (): no mining.
        image_fill (tuple[int, int, int]): B, G, R of padded pixels; the mean of the normalization. Defaults to
            (104, 117, 123).
        resize (str): ``'aligned'``: the image bilinearly by OpenCV, the label to the nearest pixel by Pillow, to the
            same rounded size. ``'published'``: both by OpenCV and by the factor itself, as in the published code;
            its nearest pixel is ``floor(i / scale)``, up to a pixel beside that of the image. Defaults to
            ``'aligned'``.

    Raises:
        ValueError: If a size, a scale or the chance is out of range, or ``resize`` is none of these.
    """

    def __init__(
        self,
        crop_size: tuple[int, int] = (512, 1024),
        scales: Sequence[float] = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5),
        mine_chance: float = 0.8,
        mine_ids: Sequence[int] = (),
        image_fill: tuple[int, int, int] = (104, 117, 123),
        resize: str = 'aligned',
    ) -> None:
        if not isinstance(crop_size, Sequence) or len(crop_size) != 2 or min(crop_size) < 1:
            raise ValueError(f'CenteredMiningCrop: crop_size = {crop_size!r}, expected (height, width) in pixels')
        if not scales or min(scales) <= 0:
            raise ValueError(f'CenteredMiningCrop: scales = {scales}, expected at least one positive number')
        if not 0 <= mine_chance <= 1:
            raise ValueError(f'CenteredMiningCrop: mine_chance = {mine_chance}, expected a number in [0, 1]')
        if resize not in RESIZING:
            raise ValueError(f'CenteredMiningCrop: resize = {resize!r}, expected one of {RESIZING}')
        self.crop_size = crop_size[0], crop_size[1]
        self.scales = tuple(scales)
        self.mine_chance = mine_chance
        self.mine_ids = tuple(mine_ids)
        self.image_fill = tuple(image_fill)
        self.resize = resize
        self._warned = False

    def transform(self, results: dict) -> dict:
        """Scale, pad and crop ``img`` and ``gt_seg_map``."""
        image, label = results['img'], results.get('gt_seg_map')
        self._check_fit(image.shape[:2], results.get('img_path'))
        scale = self.scales[random.randint(0, len(self.scales) - 1)]
        image = self._scaled(image, scale, cv2.INTER_LINEAR)
        if label is not None:
            label = self._scaled(label, scale, cv2.INTER_NEAREST)
        height, width = image.shape[:2]
        padded = max(height, self.crop_size[0]), max(width, self.crop_size[1])

        image = mmcv.impad(image, shape=padded, pad_val=self.image_fill)
        if label is None:
            scaled_label = np.full(padded, IGNORE_INDEX, np.uint8)
        else:
            scaled_label = mmcv.impad(label, shape=padded, pad_val=IGNORE_INDEX)
        mine_ids = results.get('mine_ids', self.mine_ids)
        top, left = draw_mining_offset(random, scaled_label, self.crop_size, mine_ids, self.mine_chance)
        window = slice(top, top + self.crop_size[0]), slice(left, left + self.crop_size[1])

        results['img'] = image[window]
        if label is not None:
            results['gt_seg_map'] = scaled_label[window]
        resize_planes(results, (height, width))
        crop_planes(results, top, left, self.crop_size)
        results['img_shape'] = self.crop_size
        results['scale_factor'] = (scale, scale)
        results['scaled_shape'], results['crop_offset'] = (height, width), (top, left)
        return results

    def _check_fit(self, size: tuple[int, int], path: str | None) -> None:
        """Warn once, in one data worker, if crops show padding or next to nothing of an image."""
        worker = get_worker_info()
        if self._warned or (worker is not None and worker.id > 0):
            return
        scaled = [tuple(round(side * scale) for side in size) for scale in self.scales]
        small = [any(side < crop for side, crop in zip(sides, self.crop_size)) for sides in scaled]
        if 2 * sum(small) > len(small):
            problem = 'most of the scaled images are smaller than the crop and are padded'
        elif min(map(math.prod, scaled)) > LARGEST_AREA * math.prod(self.crop_size):
            problem = f'at every scale the crop is less than 1/{LARGEST_AREA} of the image'
        else:
            return
        self._warned = True
        print_log(
            f'CenteredMiningCrop: {problem}. Image {path or ""} has (height, width) = {tuple(size)}, scales = '
            f'{self.scales} are factors of that size, crop_size = {self.crop_size}. Choose other scales or another '
            'crop_size',
            logger='current',
            level=logging.WARNING,
        )

    def _scaled(self, array: np.ndarray, scale: float, interpolation: int) -> np.ndarray:
        if self.resize == 'published':
            return cv2.resize(array, None, fx=scale, fy=scale, interpolation=interpolation)
        height, width = (max(round(side * scale), 1) for side in array.shape[:2])
        if interpolation == cv2.INTER_LINEAR:
            return mmcv.imresize(array, (width, height))
        return mmcv.imresize(array, (width, height), interpolation='nearest', backend='pillow')

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(crop_size={self.crop_size}, scales={self.scales}, '
            f'mine_chance={self.mine_chance}, mine_ids={self.mine_ids}, resize={self.resize!r})'
        )
