"""Predictions averaged over scales and mirror images."""

from collections.abc import Sequence
from typing import Any

import mmcv
import numpy as np
import torch
from mmseg.models import BaseSegmentor
from mmseg.registry import TASK_UTILS
from mmseg.structures import SegDataSample
from torch import Tensor

from mmuda.pseudo_labels.predictors.predictor import Predictor


@TASK_UTILS.register_module()
class MultiViewPredictor(Predictor):
    """Mean probabilities over scales and mirror images.

    Every view takes the segmentor's stock test path (preprocessing, padding, mirroring back, resizing
    to the size of the image), and the probabilities of all views are averaged.

    Args:
        scales (Sequence): Sizes (width, height) in pixels, or factors of the image's size. Defaults to (1.,).
        flip (bool): Whether each scale is also seen mirrored. Defaults to True.
        interpolation (str): Of the resized image, by Pillow. Defaults to ``bicubic``.

    Example of a config, the four views of MRNet on Cityscapes (Zheng and Yang, IJCAI 2020)::

        predictor=dict(type='MultiViewPredictor', scales=[(1024, 512), (1280, 640)])
    """

    def __init__(
        self, scales: Sequence[tuple[int, int] | float] = (1.0,), flip: bool = True, interpolation: str = 'bicubic'
    ) -> None:
        if not scales:
            raise ValueError('MultiViewPredictor needs at least one entry in `scales`')
        for scale in scales:
            numbers = scale if isinstance(scale, Sequence) else (scale, scale)
            if len(numbers) != 2 or min(numbers) <= 0:
                raise ValueError(
                    f'MultiViewPredictor: scales has {scale!r}, expected (width, height) in pixels or a '
                    'factor, all positive'
                )
        self.scales = tuple(scales)
        self.flip = flip
        self.interpolation = interpolation

    def views(self, image: np.ndarray) -> list[tuple[np.ndarray, bool]]:
        """Return (resized image, mirrored) for each view of ``image`` (H, W, 3), BGR, uint8."""
        height, width = image.shape[:2]
        views = []
        for scale in self.scales:
            size = tuple(scale) if isinstance(scale, Sequence) else (round(width * scale), round(height * scale))
            resized = image
            if size != (width, height):
                resized = mmcv.imresize(image, size, interpolation=self.interpolation, backend='pillow')
            views.append((resized, False))
            if self.flip:
                views.append((mmcv.imflip(resized), True))
        return views

    @torch.no_grad()
    def __call__(self, segmentor: BaseSegmentor, image: np.ndarray, name: str) -> Tensor:
        """See :class:`Predictor`; the probabilities are on the segmentor's device.

        Raises:
            ValueError: If the segmentor has one output only, which is no probability of classes.
        """
        views = self.views(image)
        total: Any = None
        for view, mirrored in views:
            sample = SegDataSample(
                metainfo=dict(
                    ori_shape=image.shape[:2],
                    img_shape=view.shape[:2],
                    pad_shape=view.shape[:2],
                    flip=mirrored,
                    flip_direction='horizontal' if mirrored else None,
                )
            )
            inputs = torch.from_numpy(np.ascontiguousarray(view.transpose(2, 0, 1)))
            result = segmentor.test_step(dict(inputs=[inputs], data_samples=[sample]))[0]
            logits = result.seg_logits.data
            if len(logits) < 2:
                raise ValueError(
                    'pseudo labels need a segmentor with one output per class, this one has 1 output: '
                    'set out_channels=num_classes in its decode head'
                )
            probabilities = logits.softmax(dim=0)
            total = probabilities if total is None else total.add_(probabilities)
        return total.div_(len(views))

    def description(self) -> dict[str, Any]:
        """See :class:`Predictor`."""
        return dict(
            type='MultiViewPredictor', scales=list(self.scales), flip=self.flip, interpolation=self.interpolation
        )
