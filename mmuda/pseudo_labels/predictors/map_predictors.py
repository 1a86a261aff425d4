"""Predictors whose result is kept small: maps at the resolution of the network."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import cv2
import mmcv
import numpy as np
import torch
import torch.nn.functional as F
from mmseg.models import BaseSegmentor
from mmseg.registry import TASK_UTILS
from mmseg.structures import SegDataSample
from PIL import Image
from torch import Tensor

from mmuda.pseudo_labels.predictors.cached_logits import CachedLogits
from mmuda.pseudo_labels.predictors.predictor import CachedPredictor
from mmuda.utils.fused_probabilities import fused_probabilities

BACKENDS = ('pillow', 'cv2')


class MapPredictor(CachedPredictor):
    """Base of the predictors here: a prediction in two steps.

    The image is resized, preprocessed and padded; the mirror image is that of the padded input. How large input and
    image were, and how the decode head resizes, is kept with the map, so that it can be decoded by itself.

    Args:
        flip (bool): Whether the network sees the mirror image, too.
        divisor (int): Sides of the input are padded with zeros to multiples of it, beside the padding that the
            segmentor's preprocessor makes (``data_preprocessor.test_cfg``). Defaults to 1: none.
    """

    def __init__(self, flip: bool, divisor: int = 1) -> None:
        self.flip = flip
        self.divisor = divisor

    @torch.no_grad()
    def encode(self, segmentor: BaseSegmentor, image: np.ndarray, name: str) -> CachedLogits:
        """See :class:`CachedPredictor`."""
        inputs, content = self._inputs(segmentor, self._resized(image))
        views = [self._scores(segmentor, inputs)]
        if self.flip:
            views.append(self._scores(segmentor, inputs.flip(3)).flip(3))
        height, width = inputs.shape[2:]
        return CachedLogits(self._joined(views).float(), (height, width), content, segmentor.decode_head.align_corners)

    @abstractmethod
    def _resized(self, image: np.ndarray) -> np.ndarray:
        """Return the image as the network sees it, before padding."""

    @abstractmethod
    def _scores(self, segmentor: BaseSegmentor, inputs: Tensor) -> Tensor:
        """Return what the network gives for a batch of one image, (1, C, h, w)."""

    @abstractmethod
    def _joined(self, views: list[Tensor]) -> Tensor:
        """Make one tensor of the scores of the image and, mirrored back, of its mirror image."""

    def _inputs(self, segmentor: BaseSegmentor, image: np.ndarray) -> tuple[Tensor, tuple[int, int]]:
        """Return the padded input (1, 3, H, W), and (height, width) of the image in its upper left corner."""
        content = image.shape[:2]
        inputs = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
        sample = SegDataSample(metainfo=dict(ori_shape=content, img_shape=content))
        inputs = segmentor.data_preprocessor(dict(inputs=[inputs], data_samples=[sample]))['inputs']
        return F.pad(inputs, (0, -inputs.shape[3] % self.divisor, 0, -inputs.shape[2] % self.divisor)), content


@TASK_UTILS.register_module()
class SoftmaxMapPredictor(MapPredictor):
    """Soft-max at the network's resolution, mean with the mirror image, enlarged by Pillow's bicubic filter.

    The label step of CBST (Zou et al., ECCV 2018) as its code does it. The map is enlarged to the padded input and
    cut to the size of the resized image, then resized once more where that differs from the image's size.
    Enlarged values can lie a little below 0 and above 1.

    Args:
        long_side (int): The longer side of the network's input; the other follows, rounded to the nearest
            integer. Defaults to 1850.
        flip (bool): Whether the mirror image is averaged in. Defaults to True.
        stride (int): Pixels of the input per cell of the map; the input is padded to whole cells. Defaults to 8.
    """

    def __init__(self, long_side: int = 1850, flip: bool = True, stride: int = 8) -> None:
        if long_side < 1 or stride < 1:
            raise ValueError(f'SoftmaxMapPredictor: long_side and stride must be positive, got {long_side}, {stride}')
        super().__init__(flip, stride)
        self.long_side = long_side

    def input_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (height, width) of the network's input, before padding, for an image of ``size``."""
        height, width = (round(self.long_side * side / max(size)) for side in size)
        return height, width

    def description(self) -> dict[str, Any]:
        """See :class:`Predictor`."""
        return dict(type='SoftmaxMapPredictor', long_side=self.long_side, flip=self.flip, stride=self.divisor)

    def decode(self, encoded: CachedLogits, size: tuple[int, int]) -> Tensor:
        """See :class:`CachedPredictor`."""
        (rows, columns), (height, width) = encoded.padded, encoded.content
        planes = []
        for plane in encoded.values.cpu().numpy():
            plane = Image.fromarray(plane).resize((columns, rows), Image.Resampling.BICUBIC)
            plane = plane.crop((0, 0, width, height))
            if (height, width) != tuple(size):
                plane = plane.resize(size[::-1], _filter((height, width), size))
            planes.append(np.asarray(plane))
        return torch.from_numpy(np.stack(planes))

    def _resized(self, image: np.ndarray) -> np.ndarray:
        size = image.shape[:2]
        if max(size) == self.long_side:
            return image
        height, width = self.input_size(size)
        return np.asarray(Image.fromarray(image).resize((width, height), _filter(size, (height, width))))

    def _scores(self, segmentor: BaseSegmentor, inputs: Tensor) -> Tensor:
        return _probabilities(segmentor, inputs)

    def _joined(self, views: list[Tensor]) -> Tensor:
        return views[0][0] if len(views) == 1 else 0.5 * (views[0][0] + views[1][0])


@TASK_UTILS.register_module()
class LogitMapPredictor(MapPredictor):
    """Logits at the network's resolution, resized bilinearly; soft-max; mean with the mirror image.

    The label step of CRST (Zou et al., ICCV 2019) as its code does it. Logits are resized as the decode head resizes
    them (``align_corners``).

    Args:
        scale (float or tuple[int, int]): Factor of the image's size, or (width, height). Defaults to 0.9.
        flip (bool): Whether the mirror image is averaged in. Defaults to True.
        backend (str): How the image is resized bilinearly. ``'pillow'``: as everywhere else here, without aliasing,
            a factor's size rounded down. ``'cv2'``: as in the published code, by the factor itself, which aliases;
            the size is rounded (2048x1024 at 0.9 gives 1843x922). Defaults to ``'pillow'``.

    Raises:
        ValueError: If a setting is none of these.
    """

    def __init__(self, scale: float | tuple[int, int] = 0.9, flip: bool = True, backend: str = 'pillow') -> None:
        numbers = scale if isinstance(scale, Sequence) else (scale, scale)
        if len(numbers) != 2 or min(numbers) <= 0:
            raise ValueError(f'LogitMapPredictor: scale = {scale!r}, expected a positive factor or (width, height)')
        if backend not in BACKENDS:
            raise ValueError(f'LogitMapPredictor: backend = {backend!r}, expected one of {BACKENDS}')
        super().__init__(flip)
        self.scale = scale
        self.backend = backend

    def description(self) -> dict[str, Any]:
        """See :class:`Predictor`."""
        scale = list(self.scale) if isinstance(self.scale, Sequence) else self.scale
        return dict(type='LogitMapPredictor', scale=scale, flip=self.flip, backend=self.backend)

    def decode(self, encoded: CachedLogits, size: tuple[int, int]) -> Tensor:
        """See :class:`CachedPredictor`."""
        views = encoded.resized(size).softmax(dim=1)
        return views[0] if len(views) == 1 else 0.5 * (views[0] + views[1])

    def _resized(self, image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        if isinstance(self.scale, Sequence):
            size = tuple(self.scale)
        elif self.backend == 'cv2':  # a size in its place would move the pixels that are looked up
            return cv2.resize(image, None, fx=self.scale, fy=self.scale, interpolation=cv2.INTER_LINEAR)
        else:
            size = int(width * self.scale), int(height * self.scale)
        if size == (width, height):
            return image
        return mmcv.imresize(image, size, interpolation='bilinear', backend=self.backend)

    def _scores(self, segmentor: BaseSegmentor, inputs: Tensor) -> Tensor:
        return _logits(segmentor, inputs)

    def _joined(self, views: list[Tensor]) -> Tensor:
        return torch.cat(views)


def _filter(old: Sequence[int], new: Sequence[int]) -> Image.Resampling:
    """Pillow's filter by direction: both sides smaller, both larger, else."""
    if all(a > b for a, b in zip(old, new)):
        return Image.Resampling.LANCZOS
    if all(a < b for a, b in zip(old, new)):
        return Image.Resampling.BICUBIC
    return Image.Resampling.BILINEAR


def _output(segmentor: BaseSegmentor, inputs: Tensor) -> Any:
    """Return what the head gives: logits (N, C, h, w), or those of several classifiers by name."""
    return segmentor.decode_head(segmentor.extract_feat(inputs))


def _probabilities(segmentor: BaseSegmentor, inputs: Tensor) -> Tensor:
    return fused_probabilities(segmentor.decode_head, _output(segmentor, inputs))


def _logits(segmentor: BaseSegmentor, inputs: Tensor) -> Tensor:
    output = _output(segmentor, inputs)
    if isinstance(output, Tensor):
        return output
    return fused_probabilities(segmentor.decode_head, output).clamp_min(1e-30).log()
