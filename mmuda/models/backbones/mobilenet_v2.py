"""MobileNetV2 as the students of ensemble distillation have it."""

from collections.abc import Sequence
from typing import Any

from mmseg.models.backbones import MobileNetV2
from mmseg.models.utils import InvertedResidual
from mmseg.registry import MODELS


@MODELS.register_module()
class InputPaddedMobileNetV2(MobileNetV2):
    """MobileNetV2 of output stride 16 whose blocks pad their input, as in published DeepLab-v3+ code.

    MMSegmentation's :class:`MobileNetV2` (Sandler et al., CVPR 2018) pads what the 3x3 convolution of a block reads.
    Here the block's input is padded, before the 1x1 convolution that widens it (students of Chao et al., CVPRW
    2021). BatchNorm shifts the added zeros, so that the 3x3 convolution meets other values at the border, and in
    training they count in BatchNorm's statistics. Parameter names are those of MMSegmentation.

    The stride of the sixth stage (160 channels) is cut, and the dilation that makes up for it begins with the stage
    after it: only the seventh (320 channels) is dilated.

    Args:
        strides (Sequence[int]): Of the first block of each stage. Defaults to (1, 2, 2, 2, 1, 1, 1).
        dilations (Sequence[int]): Of the first block of each stage. Defaults to (1, 1, 1, 1, 1, 1, 2).
        out_indices (Sequence[int]): Stages to return, from 0. Defaults to (1, 6): 24 channels at stride 4 and 320 at
            stride 16. With a single one a tensor is returned, not a tuple.
        **kwargs: Arguments of :class:`mmseg.models.backbones.MobileNetV2`.

    Shape:
        (N, 3, H, W) images to the stages in ``out_indices``.

    Example:
        >>> early, late = InputPaddedMobileNetV2()(torch.randn(1, 3, 64, 64))
        >>> early.shape, late.shape
        (torch.Size([1, 24, 16, 16]), torch.Size([1, 320, 4, 4]))
    """

    def __init__(
        self,
        strides: Sequence[int] = (1, 2, 2, 2, 1, 1, 1),
        dilations: Sequence[int] = (1, 1, 1, 1, 1, 1, 2),
        out_indices: Sequence[int] = (1, 6),
        **kwargs: Any,
    ) -> None:
        super().__init__(strides=strides, dilations=dilations, out_indices=out_indices, **kwargs)
        for block in self.modules():
            if isinstance(block, InvertedResidual) and len(block.conv) == 3:  # the first one does not widen
                widening, depthwise = block.conv[0].conv, block.conv[1].conv
                widening.padding, depthwise.padding = depthwise.padding, (0, 0)
