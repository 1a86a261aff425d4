"""Decode head with an auxiliary and a primary classifier."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmcv.cnn import build_norm_layer
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.decode_heads.multi_output_head import MultiOutputHead
from mmuda.models.decode_heads.output_size import output_size


class SqueezeExcitation(nn.Module):
    """Channel attention (Hu et al., Squeeze-and-Excitation Networks, CVPR 2018).

    Args:
        channels (int): Input channels.
        reduction (int): Factor between the input and the hidden width. Defaults to 16.

    Shape:
        (N, channels, H, W) to the same.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Scale every channel of ``x`` by a gate in (0, 1)."""
        gate = self.excite(self.squeeze(x.mean(dim=(2, 3))).relu()).sigmoid()
        return x * gate[:, :, None, None]


class ASPPClassifier(nn.Module):
    """Concatenated dilated branches, channel attention, bottleneck and classifier of MRNet.

    Args:
        in_channels (int): Input channels.
        branch_channels (int): Width of each branch.
        channels (int): Width of the bottleneck.
        num_classes (int): Number of outputs.
        dilations (Sequence[int]): Dilations of the 3x3 branches beside the 1x1 branch.
        norm_cfg (dict): Normalization of branches and bottleneck.
        use_se (bool): Whether the concatenated branches pass through :class:`SqueezeExcitation`.
        dropout_ratio (float): Probability of dropping a channel before the classifier.

    Shape:
        (N, in_channels, H, W) to (N, num_classes, H, W) logits.
    """

    def __init__(
        self,
        in_channels: int,
        branch_channels: int,
        channels: int,
        num_classes: int,
        dilations: Sequence[int],
        norm_cfg: dict,
        use_se: bool,
        dropout_ratio: float,
    ) -> None:
        super().__init__()

        def branch(kernel_size: int, dilation: int) -> nn.Sequential:
            padding = dilation if kernel_size == 3 else 0
            return nn.Sequential(
                nn.Conv2d(in_channels, branch_channels, kernel_size, padding=padding, dilation=dilation),
                build_norm_layer(norm_cfg, branch_channels)[1],
                nn.ReLU(inplace=True),
            )

        self.branches = nn.ModuleList([branch(1, 1), *(branch(3, dilation) for dilation in dilations)])
        width = branch_channels * len(self.branches)
        self.attention = SqueezeExcitation(width) if use_se else nn.Identity()
        self.bottleneck = nn.Sequential(
            nn.Conv2d(width, channels, 3, padding=1), build_norm_layer(norm_cfg, channels)[1]
        )
        self.dropout = nn.Dropout2d(dropout_ratio)
        self.conv_seg = nn.Conv2d(channels, num_classes, 1, bias=False)

    def init_weights(self) -> None:
        """Initialize as the published checkpoints were.

        The branches and the attention keep PyTorch's defaults: the original's initialization loop
        never reaches them.
        """
        convolution = self.bottleneck.get_submodule('0')
        nn.init.kaiming_normal_(convolution.get_parameter('weight'), mode='fan_in')
        nn.init.zeros_(convolution.get_parameter('bias'))
        nn.init.normal_(self.conv_seg.weight, std=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of ``x``."""
        x = torch.cat([branch(x) for branch in self.branches], dim=1)
        return self.conv_seg(self.dropout(self.bottleneck(self.attention(x))))


@MODELS.register_module()
class DualClassifierHead(MultiOutputHead, BaseDecodeHead):
    """Auxiliary classifier on an early feature map, primary classifier on two.

    The pair whose disagreement drives MRNet and its rectified form (Zheng and Yang, IJCAI 2020 and
    IJCV 2021). The auxiliary classifier reads the first selected map; the primary classifier reads
    the second one (resized to the first if a backbone's stages differ in size) concatenated with it.

    At test time the probabilities ``softmax(aux_weight * aux + main)`` are taken at the resolution
    of the features and then resized once, bilinearly. Their logarithm is returned in the place of
    logits, so that the soft-max which stock test-time augmentation applies gives them back.

    Args:
        in_channels (Sequence[int]): Channels of the two selected maps (early, late). The
            published network has (1024, 2048).
        in_index (Sequence[int]): Their positions in the backbone's (or neck's) output.
        channels (int): Width of the bottleneck. Defaults to 512.
        branch_channels (int): Width of each ASPP branch. Defaults to 256.
        dilations (Sequence[int]): Dilations of the 3x3 branches. Defaults to (6, 12, 18, 24).
        use_se (bool): Channel attention before the bottleneck. Defaults to True.
        aux_weight (float): Weight of the auxiliary logits in the fused prediction. Defaults to 0.5.
        dropout_ratio (float): Channel dropout before each classifier. Defaults to 0.1.
        norm_cfg (dict): Defaults to GroupNorm with 32 groups.
        align_corners (bool): For every resizing. Defaults to True.
        **kwargs: Arguments of :class:`mmseg.models.decode_heads.decode_head.BaseDecodeHead`,
            ``num_classes`` among them.

    Shape:
        Feature maps (N, C_k, H_k, W_k) to ``dict(aux=..., main=...)``, each (N, num_classes, H, W)
        logits at the size of the early map.
    """

    classifiers = ('aux', 'main')
    resizes_probabilities = True

    def __init__(
        self,
        in_channels: Sequence[int] = (1024, 2048),
        in_index: Sequence[int] = (0, 1),
        channels: int = 512,
        branch_channels: int = 256,
        dilations: Sequence[int] = (6, 12, 18, 24),
        use_se: bool = True,
        aux_weight: float = 0.5,
        dropout_ratio: float = 0.1,
        norm_cfg: dict | None = None,
        align_corners: bool = True,
        **kwargs: Any,
    ) -> None:
        if len(in_channels) != 2 or len(in_index) != 2:
            raise ValueError(
                'DualClassifierHead reads two feature maps (early, late): in_channels and in_index '
                f'need two entries each, got {in_channels} and {in_index}'
            )
        norm_cfg = norm_cfg or dict(type='GN', num_groups=32, requires_grad=True)
        super().__init__(
            in_channels=list(in_channels),
            in_index=list(in_index),
            channels=channels,
            input_transform='multiple_select',
            dropout_ratio=dropout_ratio,
            norm_cfg=norm_cfg,
            align_corners=align_corners,
            init_cfg=None,
            **kwargs,
        )
        del self.conv_seg, self.dropout  # each classifier has its own
        self.aux_weight = aux_weight
        shared = (branch_channels, channels, self.num_classes, dilations, norm_cfg, use_se, dropout_ratio)
        self.aux_classifier = ASPPClassifier(in_channels[0], *shared)
        self.main_classifier = ASPPClassifier(sum(in_channels), *shared)

    def forward(self, inputs: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return the logits of both classifiers."""
        early, late = self._transform_inputs(inputs)
        if late.shape[2:] != early.shape[2:]:
            late = resize(late, early.shape[2:], mode='bilinear', align_corners=self.align_corners, warning=False)
        return dict(aux=self.aux_classifier(early), main=self.main_classifier(torch.cat([late, early], dim=1)))

    def fuse(self, logits: Mapping[str, Tensor]) -> Tensor:
        """Return the fused probabilities ``softmax(aux_weight * aux + main)``, (N, C, H, W)."""
        return (self.aux_weight * logits['aux'] + logits['main']).softmax(dim=1)

    def loss_by_feat(self, seg_logits: dict[str, Tensor], batch_data_samples: list) -> dict[str, Tensor]:
        """Supervised losses for training in a stock segmentor: ``main + aux_weight * aux``."""
        losses = {}
        for name, weight in (('aux', self.aux_weight), ('main', 1.0)):
            for key, value in super().loss_by_feat(seg_logits[name], batch_data_samples).items():
                losses[f'{name}_{key}'] = value * weight if 'loss' in key else value
        return losses

    def predict_by_feat(self, seg_logits: dict[str, Tensor], batch_img_metas: list[dict]) -> Tensor:
        """Return log-probabilities at the original size of the images.

        The size is that of the network's input instead where the original's cannot be reached in
        one step: sliding windows, padded images, or images of several sizes in one batch.
        """
        probabilities = resize(
            self.fuse(seg_logits).float(),
            size=output_size(batch_img_metas),
            mode='bilinear',
            align_corners=self.align_corners,
            warning=False,
        )
        return probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny).log()
