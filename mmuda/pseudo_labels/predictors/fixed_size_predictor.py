"""Probabilities at the size of the network's input."""

from typing import Any

import mmcv
import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor, nn

from mmuda.pseudo_labels.predictors.map_predictors import LogitMapPredictor
from mmuda.pseudo_labels.predictors.predictor import Predictor
from mmuda.utils.fitting import fit_image


@TASK_UTILS.register_module()
class FixedSizePredictor(Predictor):
    """Probabilities of the image at one size, which the labels then have, whatever the size of the image.

    The label step of Depth Distribution (Wu and Liu, NeurIPS 2022): image bicubic by Pillow, logits enlarged to the
    network's input, soft-max; no other scales, no mirror image. ``LoadLabelIds(on_size_mismatch='resize')`` reads such
    labels; where the size is one of training, not a pixel of them is lost.

    Args:
        scale (tuple[int, int]): Size (width, height) in pixels.
        fit (bool): Keep the aspect ratio and fill right or below, as ``FitAndPad`` does, which then goes before
            ``LoadLabelIds``. Defaults to False: stretch.
    """

    def __init__(self, scale: tuple[int, int], fit: bool = False) -> None:
        self.network = LogitMapPredictor(scale, flip=False)
        self.scale = (scale[0], scale[1])
        self.fit = fit

    @torch.no_grad()
    def __call__(self, segmentor: nn.Module, image: np.ndarray, name: str) -> Tensor:
        """See :class:`Predictor`; (C, height, width) of ``scale``."""
        size = self.scale[::-1]
        if self.fit:
            image = fit_image(image, self.scale)
        elif image.shape[:2] != size:
            image = mmcv.imresize(image, self.scale, interpolation='bicubic', backend='pillow')
        return self.network.decode(self.network.encode(segmentor, image, name), size)

    def description(self) -> dict[str, Any]:
        """See :class:`Predictor`."""
        return dict(type='FixedSizePredictor', scale=list(self.scale), fit=self.fit)
