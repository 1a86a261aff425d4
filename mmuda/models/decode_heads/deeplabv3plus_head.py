"""The decode head of DeepLab-v3+."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from mmcv.cnn import build_norm_layer
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class DeepLabV3PlusHead(BaseDecodeHead):
    """Spatial pyramid on the last feature map, decoder on an early one.

    DeepLab-v3+ (Chen et al., ECCV 2018) as the student of ensemble distillation has it (Chao et al., CVPRW 2021).
    MMSegmentation's ``DepthwiseSeparableASPPHead`` differs: separable convolutions, a 3x3 bottleneck, one dropout.

    In training the batch needs two images at least: BatchNorm of the pooled image has one value per image.

    Args:
        in_channels (Sequence[int]): Channels of the two selected maps (early, late). Defaults to (256, 512),
            those of DRN-D-54.
        in_index (Sequence[int]): Their positions in the backbone's output. Defaults to (0, 1).
        channels (int): Width of the pyramid's branches, of the bottleneck and of the decoder. Defaults to 256.
        low_level_channels (int): Width to which the early map is reduced. Defaults to 48.
        dilations (Sequence[int]): One branch each: a 1x1 convolution for 1, else a 3x3 one. Defaults to
            (1, 12, 24, 36), for output stride 8; (1, 6, 12, 18) is for 16.
        dropout_ratios (Sequence[float]): Probabilities of dropping an element after the bottleneck and after each
            convolution of the decoder. Defaults to (0.5, 0.5, 0.1).
        norm_cfg (dict, optional): Defaults to trainable BatchNorm.
        align_corners (bool): For every resizing. Defaults to True.
        loss_decode (dict, optional): Defaults to the mean cross entropy of the labeled pixels.
        init_cfg (dict, optional): Defaults to He's normal initialization with fan-in and biases 0.
        **kwargs: Arguments of :class:`mmseg.models.decode_heads.decode_head.BaseDecodeHead`, ``num_classes``
            among them.

    Shape:
        Feature maps (N, C_k, H_k, W_k) to (N, num_classes, H_0, W_0) logits, at the size of the early map.

    Raises:
        ValueError: If there are not two maps or not three dropout ratios.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (256, 512),
        in_index: Sequence[int] = (0, 1),
        channels: int = 256,
        low_level_channels: int = 48,
        dilations: Sequence[int] = (1, 12, 24, 36),
        dropout_ratios: Sequence[float] = (0.5, 0.5, 0.1),
        norm_cfg: dict | None = None,
        align_corners: bool = True,
        loss_decode: dict | None = None,
        init_cfg: dict | None = None,
        **kwargs: Any,
    ) -> None:
        _check_entries(in_channels, in_index, dropout_ratios)
        norm_cfg = norm_cfg or dict(type='BN', requires_grad=True)
        super().__init__(
            in_channels=list(in_channels),
            in_index=list(in_index),
            channels=channels,
            input_transform='multiple_select',
            dropout_ratio=0,
            norm_cfg=norm_cfg,
            align_corners=align_corners,
            loss_decode=loss_decode or dict(type='CrossEntropyLoss', avg_non_ignore=True),
            init_cfg=init_cfg or dict(type='Kaiming', layer='Conv2d', mode='fan_in'),
            **kwargs,
        )
        conv = partial(_conv_norm_relu, norm_cfg)
        early, late = in_channels
        drops = [nn.Dropout(ratio) for ratio in dropout_ratios]
        self.branches = nn.ModuleList(
            nn.Sequential(*conv(late, channels, 1 if dilation == 1 else 3, dilation)) for dilation in dilations
        )
        self.image_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), *conv(late, channels, 1))
        self.bottleneck = nn.Sequential(*conv((len(dilations) + 1) * channels, channels, 1), drops[0])
        self.low_level = nn.Sequential(*conv(early, low_level_channels, 1))
        self.decoder = nn.Sequential(
            *conv(channels + low_level_channels, channels, 3), drops[1], *conv(channels, channels, 3)
        )
        self.dropout = drops[2]

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the logits."""
        early, late = self._transform_inputs(inputs)
        x = self._resize(self.pyramid(late), early)
        return self.cls_seg(self.decoder(torch.cat([x, self.low_level(early)], dim=1)))

    def pyramid(self, x: Tensor) -> Tensor:
        """Return the bottleneck (N, channels, h, w) of the branches and the pooled image."""
        pooled = self._resize(self.image_pool(x), x)
        return self.bottleneck(torch.cat([*(branch(x) for branch in self.branches), pooled], dim=1))

    def _resize(self, x: Tensor, like: Tensor) -> Tensor:
        return resize(x, like.shape[2:], mode='bilinear', align_corners=self.align_corners, warning=False)


def _conv_norm_relu(
    norm_cfg: dict, inputs: int, outputs: int, kernel_size: int, dilation: int = 1
) -> tuple[nn.Module, nn.Module, nn.Module]:
    """Return a convolution that keeps the size, its norm and its activation."""
    padding = dilation * (kernel_size // 2)
    return (
        nn.Conv2d(inputs, outputs, kernel_size, padding=padding, dilation=dilation, bias=False),
        build_norm_layer(norm_cfg, outputs)[1],
        nn.ReLU(inplace=True),
    )


def _check_entries(in_channels: Sequence[int], in_index: Sequence[int], dropout_ratios: Sequence[float]) -> None:
    if len(in_channels) != 2 or len(in_index) != 2:
        raise ValueError(
            'DeepLabV3PlusHead reads two feature maps (early, late): in_channels and in_index need '
            f'two entries each, got {in_channels} and {in_index}'
        )
    if len(dropout_ratios) != 3:
        raise ValueError(
            'DeepLabV3PlusHead drops at three places (bottleneck, both convolutions of the decoder): '
            f'dropout_ratios needs three entries, got {dropout_ratios}'
        )
