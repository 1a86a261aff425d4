"""Predictors whose result is kept small: maps at the resolution of the network.

Labelling with thresholds reads every prediction several times. What the network gives, a few MB an image, is kept
(``encode``), and the probabilities at the size of the image are made from it whenever they are needed (``decode``).
"""
from abc import ABC, abstractmethod
from collections.abc import Sequence

import mmcv
import numpy as np
import torch
import torch.nn.functional as F
from mmseg.registry import TASK_UTILS
from mmseg.structures import SegDataSample
from PIL import Image
from torch import Tensor, nn


class MapPredictor(ABC):
    """Base of the predictors here: a prediction in two steps."""

    @abstractmethod
    def encode(self, segmentor: nn.Module, image: np.ndarray) -> Tensor:
        """Run the network on ``image`` (H, W, 3), BGR, uint8; return what :meth:`decode` needs, float32."""

    @abstractmethod
    def decode(self, encoded: Tensor, size: tuple[int, int]) -> Tensor:
        """Return probabilities (C, H, W) at ``size`` = (H, W)."""

    def __call__(self, segmentor: nn.Module, image: np.ndarray) -> Tensor:
        """Predict one image, as :class:`~mmuda.pseudo_labels.MultiViewPredictor` does."""
        return self.decode(self.encode(segmentor, image), image.shape[:2])


@TASK_UTILS.register_module()
class SoftmaxMapPredictor(MapPredictor):
    """Soft-max at the network's resolution, mean with the mirror image, enlarged by Pillow's bicubic filter.

    The label step of CBST (Zou et al., ECCV 2018) as its code does it. The map is enlarged by ``stride`` and
    cut to the size of the resized image, then resized once more where that differs from the image's size.
    Enlarged values can lie a little below 0 and above 1.

    Args:
        long_side (int): The longer side of the network's input; the other follows, rounded to the nearest
            integer. Defaults to 1850.
        flip (bool): Whether the mirror image is averaged in. Defaults to True.
        stride (int): Pixels of the input per cell of the map. Defaults to 8.
    """

    def __init__(self, long_side: int = 1850, flip: bool = True, stride: int = 8) -> None:
        if long_side < 1 or stride < 1:
            raise ValueError(f'SoftmaxMapPredictor: long_side and stride must be positive, got {long_side}, {stride}')
        self.long_side = long_side
        self.flip = flip
        self.stride = stride

    def input_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (height, width) of the network's input, before padding, for an image of ``size``."""
        factor = max(size)
        return tuple(round(self.long_side * side / factor) for side in size)

    @torch.no_grad()
    def encode(self, segmentor: nn.Module, image: np.ndarray) -> Tensor:
        """See :class:`MapPredictor`; (C, ceil(h / stride), ceil(w / stride)) probabilities."""
        height, width = self.input_size(image.shape[:2])
        if max(image.shape[:2]) != self.long_side:
            resize = _filter(image.shape[:2], (height, width))
            image = np.asarray(Image.fromarray(image).resize((width, height), resize))
        inputs = _preprocess(segmentor, image)
        pad = (0, -inputs.shape[3] % self.stride, 0, -inputs.shape[2] % self.stride)
        inputs = F.pad(inputs, pad)
        probabilities = _probabilities(segmentor, inputs)[0]
        if self.flip:
            mirrored = _probabilities(segmentor, inputs.flip(3))[0].flip(2)
            probabilities = 0.5 * (probabilities + mirrored)
        return probabilities.float()

    def decode(self, encoded: Tensor, size: tuple[int, int]) -> Tensor:
        """See :class:`MapPredictor`."""
        height, width = self.input_size(size)
        rows, columns = (side * self.stride for side in encoded.shape[1:])
        planes = []
        for plane in encoded.cpu().numpy():
            plane = Image.fromarray(plane).resize((columns, rows), Image.Resampling.BICUBIC)
            plane = plane.crop((0, 0, width, height))
            if (height, width) != tuple(size):
                plane = plane.resize(size[::-1], _filter((height, width), size))
            planes.append(np.asarray(plane))
        return torch.from_numpy(np.stack(planes))


@TASK_UTILS.register_module()
class LogitMapPredictor(MapPredictor):
    """Logits at the network's resolution, resized bilinearly; soft-max; mean with the mirror image.

    The label step of CRST (Zou et al., ICCV 2019) as its code does it.

    Args:
        scale (float or tuple[int, int]): Factor of the image's size, or (width, height). Defaults to 0.9.
        flip (bool): Whether the mirror image is averaged in. Defaults to True.
        align_corners (bool): Of the resizing of the logits; that of the decode head. Defaults to True, as in the
            published code.
    """

    def __init__(self, scale: float | tuple[int, int] = 0.9, flip: bool = True, align_corners: bool = True) -> None:
        numbers = scale if isinstance(scale, Sequence) else (scale, scale)
        if len(numbers) != 2 or min(numbers) <= 0:
            raise ValueError(f'LogitMapPredictor: scale = {scale!r}, expected a positive factor or (width, height)')
        self.scale = scale
        self.flip = flip
        self.align_corners = align_corners

    @torch.no_grad()
    def encode(self, segmentor: nn.Module, image: np.ndarray) -> Tensor:
        """See :class:`MapPredictor`; (views, C, h, w) logits, the mirror image's as the network gave them."""
        height, width = image.shape[:2]
        if isinstance(self.scale, Sequence):
            size = tuple(self.scale)
        else:
            size = (int(width * self.scale), int(height * self.scale))
        if size != (width, height):
            image = mmcv.imresize(image, size, interpolation='bilinear', backend='pillow')
        inputs = _preprocess(segmentor, image)
        views = [inputs, inputs.flip(3)] if self.flip else [inputs]
        return torch.cat([_logits(segmentor, view) for view in views]).float()

    def decode(self, encoded: Tensor, size: tuple[int, int]) -> Tensor:
        """See :class:`MapPredictor`."""
        resized = F.interpolate(encoded, size, mode='bilinear', align_corners=self.align_corners)
        views = resized.softmax(dim=1)
        return views[0] if len(views) == 1 else 0.5 * (views[0] + views[1].flip(2))


def _filter(old: Sequence[int], new: Sequence[int]) -> Image.Resampling:
    """Pillow's filter by direction: both sides smaller, both larger, else."""
    if all(a > b for a, b in zip(old, new)):
        return Image.Resampling.LANCZOS
    if all(a < b for a, b in zip(old, new)):
        return Image.Resampling.BICUBIC
    return Image.Resampling.BILINEAR


def _preprocess(segmentor: nn.Module, image: np.ndarray) -> Tensor:
    inputs = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
    sample = SegDataSample(metainfo=dict(ori_shape=image.shape[:2], img_shape=image.shape[:2]))
    return segmentor.data_preprocessor(dict(inputs=[inputs], data_samples=[sample]))['inputs']


def _scores(segmentor: nn.Module, inputs: Tensor) -> tuple[Tensor, bool]:
    """Return the head's output (N, C, h, w), and whether it is probabilities: fused ones of two classifiers."""
    head = segmentor.decode_head
    result = head(segmentor.extract_feat(inputs))
    return (head.fuse(result), True) if hasattr(head, 'fuse') else (result, False)


def _probabilities(segmentor: nn.Module, inputs: Tensor) -> Tensor:
    scores, fused = _scores(segmentor, inputs)
    return scores if fused else scores.softmax(dim=1)


def _logits(segmentor: nn.Module, inputs: Tensor) -> Tensor:
    scores, fused = _scores(segmentor, inputs)
    return scores.clamp_min(1e-30).log() if fused else scores
