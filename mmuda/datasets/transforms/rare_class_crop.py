"""Square crops around rare classes, resized to the size of the network's input."""

import math
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS
from PIL import Image

from mmuda.datasets.label_maps import IGNORE_INDEX
from mmuda.datasets.transforms.plane_geometry import crop_planes, mirror_planes, resize_planes


class RareClassCropDraw(NamedTuple):
    """What was drawn for one sample; pixels are those of the image before the crop.

    Attributes:
        target_size (int): Length that the nominal size is scaled to.
        size (int): Side of the crop.
        border (int): How far the crop may reach over the upper and the left edge.
        mine (bool): Whether a rare class was looked for.
        mined_class (int): The class that the crop is centered on, -1 for a random position.
        top (int): First row, may be negative.
        left (int): First column, may be negative.
        flip (bool): Whether the crop is mirrored.
    """

    target_size: int
    size: int
    border: int
    mine: bool
    mined_class: int
    top: int
    left: int
    flip: bool


def draw_center(
    rng: np.random.RandomState | ModuleType,
    label: np.ndarray,
    size: int,
    priority_ids: Sequence[int],
    mine_ids: Sequence[int],
) -> tuple[int, int, int] | None:
    """Draw a pixel of a rare class around which a crop fits.

    One of the priority classes that such pixels have, or, if there is none, one of the other mined classes,
    each equally likely; then one of its pixels.

    Args:
        rng (np.random.RandomState): Generator, or the module ``numpy.random``.
        label (np.ndarray): (H, W) training ids.
        size (int): Side of the crop in pixels.
        priority_ids (Sequence[int]): Classes looked for first.
        mine_ids (Sequence[int]): Classes looked for where there is no priority class.

    Returns:
        tuple[int, int, int], optional: Class, row and column; None, and nothing is drawn, if no class is there.
    """
    half = size // 2
    height, width = label.shape
    allowed = label[half : max(height - half - 1, half), half : max(width - half - 1, half)]
    present = np.bincount(allowed.ravel(), minlength=256) > 0
    classes = [index for index in priority_ids if present[index]] or [index for index in mine_ids if present[index]]
    if not classes:
        return None
    mined_class = classes[int(rng.uniform(0, len(classes)))]
    pixels = np.flatnonzero(allowed == mined_class)
    row, column = divmod(int(pixels[rng.randint(0, len(pixels))]), allowed.shape[1])
    return mined_class, row + half, column + half


def draw_rare_class_crop(
    rng: np.random.RandomState | ModuleType,
    label: np.ndarray | None,
    shape: tuple[int, int],
    crop_size: int,
    nominal_size: int = 2048,
    scale_range: tuple[float, float] = (0.7, 1.3),
    mine_chance: float = 0.8,
    priority_ids: Sequence[int] = (),
    mine_ids: Sequence[int] = (),
    stride: int = 8,
    flip: bool = True,
) -> RareClassCropDraw:
    """Draw scale, position and mirroring, in the order of the published code.

    Args:
        rng (np.random.RandomState): Generator, or the module ``numpy.random``.
        label (np.ndarray, optional): (H, W) training ids; None for a random position.
        shape (tuple[int, int]): (height, width) of the image.
        crop_size (int): Side of the resized crop, a multiple of ``stride``.
        nominal_size, scale_range, mine_chance, stride, flip: As of :class:`RareClassCrop`.
        priority_ids, mine_ids (Sequence[int]): As of :func:`draw_center`.

    Returns:
        RareClassCropDraw: The draw.
    """
    low, high = (int(scale * nominal_size) for scale in scale_range)
    target_size = int(rng.randint(low, high + 1))
    rate = target_size / nominal_size
    size = int(crop_size / rate)
    border = max(1, math.floor(stride / rate / 2))
    mine = bool(rng.uniform() < mine_chance)
    center = draw_center(rng, label, size, priority_ids, mine_ids) if mine and label is not None else None
    if center is not None:
        mined_class, row, column = center
        top, left = row - size // 2, column - size // 2
    else:
        mined_class = -1
        # an image smaller than the crop stands at the upper or left border
        top, left = (int(rng.randint(0, max(border + side - size, 0) + 1)) - border for side in shape)
    mirrored = flip and bool(rng.randint(2) == 0)
    return RareClassCropDraw(target_size, size, border, mine, mined_class, top, left, mirrored)


def cut(array: np.ndarray, top: int, left: int, size: int, fill: int | Sequence[int]) -> np.ndarray:
    """Cut a square out of (H, W) or (H, W, C); what lies outside of the array is ``fill``."""
    out = np.empty((size, size, *array.shape[2:]), array.dtype)
    out[:] = fill
    rows = slice(max(top, 0), min(top + size, array.shape[0]))
    columns = slice(max(left, 0), min(left + size, array.shape[1]))
    out[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = array[rows, columns]
    return out


def resize_square(image: np.ndarray, size: int) -> np.ndarray:
    """Resize a square image by Pillow: Lanczos to shrink, bicubic to enlarge."""
    if image.shape[0] == size:
        return image
    method = Image.Resampling.LANCZOS if image.shape[0] > size else Image.Resampling.BICUBIC
    return np.array(Image.fromarray(image).resize((size, size), method))


@TRANSFORMS.register_module()
class RareClassCrop(BaseTransform):
    """Scaled square crop that is often centered on a rare class.

    The sampling of the CBST code (Zou et al., ECCV 2018, "mining of small-scale patches"): the scale is drawn
    first, the crop is cut out of the full image and only the crop is resized. With chance ``mine_chance`` the
    crop is centered on a pixel of a rare class; pixels closer to the edge than half a crop are no centers.
    Which classes are rare changes from round to round: a :class:`~mmuda.datasets.PoolDataset` says it in each sample.

    All numbers are drawn from ``numpy.random``.

    Required keys: ``img`` ((H, W, 3) uint8, B, G, R); ``gt_seg_map`` ((H, W) uint8) where labeled. Optional keys:
    ``mine_ids`` and ``priority_ids``, the rare classes of this sample.
    Changed keys: these two, planes, ``img_shape``. Added keys: ``flip``, ``flip_direction``, ``scale_factor``.

    Args:
        crop_size (int): Side of the resized crop in pixels; rounded up to a multiple of ``stride``. Defaults to 500.
        nominal_size (int): Length in image pixels that scale 1 stands for: a crop is
            ``crop_size * nominal_size / t`` wide with t uniform in ``nominal_size * scale_range``. Published:
            2048 for Cityscapes and GTA5, 1280 for SYNTHIA. Defaults to 2048.
        scale_range (tuple[float, float]): Lowest and highest scale, positive. Defaults to (0.7, 1.3).
        mine_chance (float): Chance in [0, 1] of looking for a rare class. Defaults to 0.8.
        mine_ids (Sequence[int]): Rare classes of samples that do not name their own. Defaults to (): no mining.
        priority_ids (Sequence[int]): Classes that go before ``mine_ids``. Defaults to ().
        stride (int): Of the network; a crop may reach over the upper and left edge by half of it. Defaults to 8.
        flip (bool): Whether every other crop is mirrored. Defaults to True.
        mirror_label_grid (bool): Mirror the label such that its samples at rows and columns
            ``stride / 2 + k * stride`` are the mirrored samples, as published. This shifts the mirrored label
            by one pixel; True only with a loss that samples so. Defaults to False.
        image_fill (tuple[int, int, int]): B, G, R outside of the image. Defaults to (103, 116, 123).

    Raises:
        ValueError: If a size, the scale range or the chance is out of range.
    """

    def __init__(
        self,
        crop_size: int = 500,
        nominal_size: int = 2048,
        scale_range: tuple[float, float] = (0.7, 1.3),
        mine_chance: float = 0.8,
        mine_ids: Sequence[int] = (),
        priority_ids: Sequence[int] = (),
        stride: int = 8,
        flip: bool = True,
        mirror_label_grid: bool = False,
        image_fill: tuple[int, int, int] = (103, 116, 123),
    ) -> None:
        if min(crop_size, nominal_size, stride) < 1:
            raise ValueError(
                f'RareClassCrop: crop_size = {crop_size}, nominal_size = {nominal_size}, stride = '
                f'{stride}, expected positive numbers of pixels'
            )
        if not (len(scale_range) == 2 and 0 < scale_range[0] <= scale_range[1]):
            raise ValueError(f'RareClassCrop: scale_range = {scale_range}, expected (low, high) with 0 < low <= high')
        if not 0 <= mine_chance <= 1:
            raise ValueError(f'RareClassCrop: mine_chance = {mine_chance}, expected a number in [0, 1]')
        self.crop_size = math.ceil(crop_size / stride) * stride
        self.nominal_size = nominal_size
        self.scale_range = scale_range[0], scale_range[1]
        self.mine_chance = mine_chance
        self.mine_ids = tuple(mine_ids)
        self.priority_ids = tuple(priority_ids)
        self.stride = stride
        self.flip = flip
        self.mirror_label_grid = mirror_label_grid
        self.image_fill = tuple(image_fill)

    def draw(
        self,
        label: np.ndarray | None,
        shape: tuple[int, int],
        mine_ids: Sequence[int],
        priority_ids: Sequence[int],
    ) -> RareClassCropDraw:
        """Draw a crop from ``numpy.random``, see :func:`draw_rare_class_crop`."""
        return draw_rare_class_crop(
            np.random,
            label,
            shape,
            self.crop_size,
            self.nominal_size,
            self.scale_range,
            self.mine_chance,
            priority_ids,
            mine_ids,
            self.stride,
            self.flip,
        )

    def transform(self, results: dict) -> dict:
        """Crop, resize and mirror ``img`` and ``gt_seg_map``."""
        image, label = results['img'], results.get('gt_seg_map')
        mine_ids = results.get('mine_ids', self.mine_ids)
        priority_ids = results.get('priority_ids', self.priority_ids)
        draw = self.draw(label, image.shape[:2], mine_ids, priority_ids)
        crop = resize_square(cut(image, draw.top, draw.left, draw.size, self.image_fill), self.crop_size)
        results['img'] = crop[:, ::-1] if draw.flip else crop
        if label is not None:
            cut_out = Image.fromarray(cut(label, draw.top, draw.left, draw.size, IGNORE_INDEX))
            ids = np.array(cut_out.resize((self.crop_size, self.crop_size), Image.Resampling.NEAREST))
            results['gt_seg_map'] = self._mirror(ids) if draw.flip else ids
        crop_planes(results, draw.top, draw.left, (draw.size, draw.size))
        resize_planes(results, (self.crop_size, self.crop_size))
        if draw.flip:
            mirror_planes(results)
        results['img_shape'] = results['img'].shape[:2]
        results['scale_factor'] = (self.crop_size / draw.size,) * 2
        results['flip'], results['flip_direction'] = draw.flip, 'horizontal' if draw.flip else None
        return results

    def _mirror(self, label: np.ndarray) -> np.ndarray:
        mirrored = label[:, ::-1]
        if self.mirror_label_grid:
            mirrored = np.roll(mirrored, 1, axis=1)
            mirrored[:, 0] = IGNORE_INDEX
        return mirrored

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(crop_size={self.crop_size}, nominal_size={self.nominal_size}, '
            f'scale_range={self.scale_range}, mine_chance={self.mine_chance}, mine_ids={self.mine_ids}, '
            f'priority_ids={self.priority_ids}, stride={self.stride}, flip={self.flip}, '
            f'mirror_label_grid={self.mirror_label_grid})'
        )
