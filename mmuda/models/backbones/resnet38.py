"""The wide ResNet of the class-balanced self-training papers."""

from collections.abc import Sequence
from typing import NamedTuple

from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

NORM_EPS = 1.001e-5


class Level(NamedTuple):
    """A level of the network.

    Args:
        blocks (int): Number of blocks.
        widths (tuple[int, ...]): Outputs of a block's convolutions, in multiples of the first one's.
        stride (int): Of the first block.
        dilations (tuple[int, ...]): Of a block's convolutions.
        first_dilations (tuple[int, ...], optional): The same in the first block, where it differs.
        dropout (float): Probability of dropping an element before a block's last convolution.
    """

    blocks: int
    widths: tuple[int, ...]
    stride: int
    dilations: tuple[int, ...]
    first_dilations: tuple[int, ...] | None = None
    dropout: float = 0.0


# Levels 2 to 7; level 1 is a single convolution.
LEVELS = (
    Level(3, (2, 2), 2, (1, 1)),
    Level(3, (4, 4), 2, (1, 1)),
    Level(6, (8, 8), 2, (1, 1)),
    Level(3, (8, 16), 1, (2, 2), first_dilations=(1, 2)),
    Level(1, (8, 16, 32), 1, (1, 4, 1), dropout=0.3),
    Level(1, (16, 32, 64), 1, (1, 4, 1), dropout=0.5),
)


class PreActivationBlock(nn.Module):
    """Residual block whose convolutions follow their BatchNorm and ReLU.

    Two 3x3 convolutions, or 1x1, 3x3, 1x1. Where the size or the width changes, the shortcut is a 1x1
    convolution of the activated input; else it is the input itself.

    Args:
        in_channels (int): Input channels.
        channels (Sequence[int]): Outputs of the two or three convolutions.
        stride (int): Of the first convolution.
        dilations (Sequence[int]): One per convolution.
        dropout (float): Probability of dropping an element before the last convolution.

    Shape:
        (N, in_channels, H, W) to (N, channels[-1], H / stride, W / stride), rounded up.
    """

    def __init__(
        self, in_channels: int, channels: Sequence[int], stride: int, dilations: Sequence[int], dropout: float
    ) -> None:
        super().__init__()
        kernels = (3, 3) if len(channels) == 2 else (1, 3, 1)
        inputs = (in_channels, *channels[:-1])
        self.norms = nn.ModuleList(nn.BatchNorm2d(width, eps=NORM_EPS) for width in inputs)
        self.convs = nn.ModuleList(
            nn.Conv2d(
                width,
                out,
                kernel,
                stride if k == 0 else 1,
                padding=dilation * (kernel // 2),
                dilation=dilation,
                bias=False,
            )
            for k, (width, out, kernel, dilation) in enumerate(zip(inputs, channels, kernels, dilations))
        )
        project = stride != 1 or in_channels != channels[-1]
        self.shortcut = nn.Conv2d(in_channels, channels[-1], 1, stride, bias=False) if project else None
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(dropout) if dropout else None

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of the shortcut and the convolved input."""
        activated = self.relu(self.norms[0](x))
        shortcut = x if self.shortcut is None else self.shortcut(activated)
        out = self.convs[0](activated)
        for k in range(1, len(self.convs)):
            out = self.relu(self.norms[k](out))
            if self.dropout is not None and k == len(self.convs) - 1:
                out = self.dropout(out)
            out = self.convs[k](out)
        return shortcut + out


@MODELS.register_module()
class ResNet38(BaseModule):
    """ResNet-38, model A1: a wide pre-activation ResNet with output stride 8.

    The network of Wu, Shen and van den Hengel (Wider or Deeper, 2016) as used by CBST (Zou et al.,
    ECCV 2018). There is no pooling; levels 2, 3 and 4 halve the size, levels 5 to 7 are dilated. BatchNorm
    always uses its running statistics and never updates them, in training neither; its weights and biases
    are trained. Weights of the authors: ``tools/model_converters/mxnet_params.py``.

    Args:
        out_indices (Sequence[int]): Levels to return, ascending: 0 for level 1 (stride 1) to 6 for level 7.
            What lies above the last one is not built. Levels 1 to 6 are returned as they are, before the next
            activation; level 7 after its BatchNorm and ReLU. Defaults to (6,).
        base_channels (int): Width of level 1; all others are multiples of it. Defaults to 64.
        norm_eval (bool): Whether BatchNorm keeps its statistics in training. Defaults to True.
        with_cp (bool): Recompute the blocks in the backward pass instead of keeping their activations.
            Defaults to False.
        init_cfg (dict | list[dict], optional): Defaults to He's normal initialization with fan-in.

    Shape:
        (N, 3, H, W) images to a tuple of (N, C, H / s, W / s), rounded up. For 64 base channels C is
        64, 128, 256, 512, 1024, 2048, 4096 and s is 1, 2, 4, 8, 8, 8, 8.

    Raises:
        ValueError: If ``out_indices`` is empty, not ascending or outside 0 to 6.

    Example:
        >>> net = ResNet38(out_indices=(3, 6), base_channels=4)
        >>> [tuple(x.shape) for x in net(torch.randn(1, 3, 32, 48))]
        [(1, 32, 4, 6), (1, 256, 4, 6)]
    """

    def __init__(
        self,
        out_indices: Sequence[int] = (6,),
        base_channels: int = 64,
        norm_eval: bool = True,
        with_cp: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg or dict(type='Kaiming', layer='Conv2d', mode='fan_in'))
        out_indices = tuple(out_indices)
        if not out_indices or list(out_indices) != sorted(set(out_indices) & set(range(len(LEVELS) + 1))):
            raise ValueError(
                f'ResNet38: out_indices must be ascending numbers from 0 to {len(LEVELS)}, got {out_indices}'
            )
        self.out_indices = out_indices
        self.norm_eval = norm_eval
        self.with_cp = with_cp
        self.conv1a = nn.Conv2d(3, base_channels, 3, padding=1, bias=False)
        width = base_channels
        for number, level in enumerate(LEVELS[: out_indices[-1]], 2):
            channels = [base_channels * factor for factor in level.widths]
            blocks = []
            for k in range(level.blocks):
                dilations = level.first_dilations if k == 0 and level.first_dilations else level.dilations
                blocks.append(
                    PreActivationBlock(width, channels, level.stride if k == 0 else 1, dilations, level.dropout)
                )
                width = channels[-1]
            self.add_module(f'level{number}', nn.Sequential(*blocks))
        if out_indices[-1] == len(LEVELS):
            self.norm7 = nn.BatchNorm2d(width, eps=NORM_EPS)
            self.relu7 = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the levels in ``out_indices``."""
        x = self.conv1a(x)
        outs = [x] if 0 in self.out_indices else []
        for index in range(1, self.out_indices[-1] + 1):
            for block in getattr(self, f'level{index + 1}'):
                recompute = self.with_cp and x.requires_grad
                x = checkpoint(block, x, use_reentrant=False) if recompute else block(x)
            if index in self.out_indices:
                outs.append(self.relu7(self.norm7(x)) if index == len(LEVELS) else x)
        return tuple(outs)

    def train(self, mode: bool = True) -> 'ResNet38':
        """Set training mode for everything but BatchNorm (see ``norm_eval``)."""
        super().train(mode)
        if self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self
