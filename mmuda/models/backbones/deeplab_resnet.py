"""DeepLab-v2's ResNet."""

from typing import Any

from mmseg.models.backbones import ResNet
from mmseg.registry import MODELS
from torch import nn


@MODELS.register_module()
class DeepLabResNet(ResNet):
    """Caffe-style dilated ResNet of DeepLab-v2 with output stride 8.

    MMSegmentation's :class:`ResNet` with the stride on the first 1x1 convolution, dilation 2 and 4
    in the last two stages (their first blocks included) and a max-pooling that rounds up, so that a
    side of ``n`` pixels becomes ``n / 8 + 1`` (multiples of 8). Parameter names are those of
    MMSegmentation and of the original (Chen et al., DeepLab, TPAMI 2018; AdaptSegNet, MRNet).

    Args:
        depth (int): 50, 101 or 152. Defaults to 101.
        **kwargs: Arguments of :class:`mmseg.models.backbones.ResNet`; the defaults here are
            ``style='caffe'``, ``strides=(1, 2, 1, 1)``, ``dilations=(1, 1, 2, 4)``,
            ``contract_dilation=False``.

    Shape:
        (N, 3, H, W) BGR images minus mean to the stages in ``out_indices``.
    """

    def __init__(self, depth: int = 101, **kwargs: Any) -> None:
        defaults = dict(style='caffe', strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4), contract_dilation=False)
        super().__init__(depth=depth, **{**defaults, **kwargs})
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1, ceil_mode=True)
