"""Dilated residual networks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from mmseg.models.backbones.resnet import BasicBlock, Bottleneck
from mmseg.models.utils import ResLayer
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class DilatedBasicBlock(BasicBlock):
    """MMSegmentation's basic block with both convolutions dilated, there it is the first alone."""

    def __init__(self, inplanes: int, planes: int, stride: int = 1, dilation: int = 1, **kwargs: Any) -> None:
        super().__init__(inplanes, planes, stride, dilation, **kwargs)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=dilation, dilation=dilation, bias=False)


class Layer(NamedTuple):
    """Layers 1 to 8.

    Args:
        width (int): Of its 3x3 convolutions, in multiples of the first layer's.
        stride (int): Of the first convolution or block.
        dilation (int): Of all 3x3 convolutions.
        residual (bool): Blocks of the network's kind instead of plain convolutions.
    """

    width: int
    stride: int
    dilation: int
    residual: bool


LAYERS = (
    Layer(1, 1, 1, False),
    Layer(2, 2, 1, False),
    Layer(4, 2, 1, True),
    Layer(8, 2, 1, True),
    Layer(16, 1, 2, True),
    Layer(32, 1, 4, True),
    Layer(32, 1, 2, False),
    Layer(32, 1, 1, False),
)
# Depth: block, and number of blocks or convolutions of layers 1 to 8.
DEPTHS = {
    22: (DilatedBasicBlock, (1, 1, 2, 2, 2, 2, 1, 1)),
    38: (DilatedBasicBlock, (1, 1, 3, 4, 6, 3, 1, 1)),
    54: (Bottleneck, (1, 1, 3, 4, 6, 3, 1, 1)),
}


@MODELS.register_module()
class DRN(BaseModule):
    """DRN-D-22, DRN-D-38 and DRN-D-54: residual networks with output stride 8 and without pooling.

    Layers 5 and 6 are dilated by 2 and 4 instead of strided; the plain convolutions of layers 7 and 8, dilated
    by 2 and 1, remove the gridding that this leaves (Yu, Koltun and Funkhouser, Dilated Residual Networks,
    CVPR 2017, Sec. 4). Parameter names are the published ones.

    Args:
        depth (int): 22 or 38 (two 3x3 convolutions per block), or 54 (bottlenecks). Defaults to 54.
        out_indices (Sequence[int]): Layers to return, ascending, 0 to 8. What lies above the last one is not
            built. Defaults to (3, 8), the two that DeepLab-v3+ reads.
        base_channels (int): Width of layer 0; all others are multiples of it. Defaults to 16.
        norm_cfg (dict, optional): Defaults to trainable BatchNorm.
        norm_eval (bool): Whether BatchNorm keeps its statistics in training. Defaults to False.
        with_cp (bool): Recompute the residual blocks in the backward pass instead of keeping their activations;
            BatchNorm's statistics then move twice per pass. Defaults to False.
        init_cfg (dict | list[dict], optional): Defaults to He's normal initialization with fan-out.

    Shape:
        (N, 3, H, W) images to a tuple of (N, C, H / s, W / s), rounded up. For layers 0 to 8 s is 1, 1, 2, 4, 8,
        8, 8, 8, 8 and C 16, 16, 32, 64 b, 128 b, 256 b, 512 b, 512, 512, where b is 4 for depth 54, else 1.

    Raises:
        ValueError: If ``depth`` is unknown or ``out_indices`` is empty, not ascending or outside 0 to 8.

    Example:
        >>> net = DRN(depth=22, base_channels=4)
        >>> [tuple(x.shape) for x in net(torch.randn(1, 3, 32, 48))]
        [(1, 16, 8, 12), (1, 128, 4, 6)]
    """

    def __init__(
        self,
        depth: int = 54,
        out_indices: Sequence[int] = (3, 8),
        base_channels: int = 16,
        norm_cfg: dict | None = None,
        norm_eval: bool = False,
        with_cp: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg or dict(type='Kaiming', layer='Conv2d'))
        if depth not in DEPTHS:
            raise ValueError(f'DRN: depth must be one of {list(DEPTHS)}, got {depth}')
        out_indices = tuple(out_indices)
        if not out_indices or list(out_indices) != sorted(set(out_indices) & set(range(len(LAYERS) + 1))):
            raise ValueError(f'DRN: out_indices must be ascending numbers from 0 to {len(LAYERS)}, got {out_indices}')
        self.out_indices = out_indices
        self.norm_eval = norm_eval
        norm_cfg = norm_cfg or dict(type='BN', requires_grad=True)
        block, counts = DEPTHS[depth]
        self.layer0 = _conv_layer(3, base_channels, 7, 1, 1, norm_cfg)
        width = base_channels
        for index, (layer, count) in enumerate(zip(LAYERS[: out_indices[-1]], counts), 1):
            channels = base_channels * layer.width
            if layer.residual:
                module = ResLayer(
                    block, width, channels, count, layer.stride, layer.dilation, norm_cfg=norm_cfg, with_cp=with_cp
                )
                width = channels * block.expansion
            else:
                module = _conv_layer(width, channels, 3, layer.stride, layer.dilation, norm_cfg)
                width = channels
            self.add_module(f'layer{index}', module)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the layers in ``out_indices``."""
        outs = []
        for index in range(self.out_indices[-1] + 1):
            x = getattr(self, f'layer{index}')(x)
            if index in self.out_indices:
                outs.append(x)
        return tuple(outs)

    def train(self, mode: bool = True) -> 'DRN':
        """Set training mode for everything, or for everything but BatchNorm (see ``norm_eval``)."""
        super().train(mode)
        if self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self


def _conv_layer(
    in_channels: int, out_channels: int, kernel_size: int, stride: int, dilation: int, norm_cfg: dict
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
            bias=False,
        ),
        build_norm_layer(norm_cfg, out_channels)[1],
        nn.ReLU(inplace=True),
    )
