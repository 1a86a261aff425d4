from mmseg.registry import MODELS
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a LeakyReLU between them, plus the identity."""

    def __init__(self, channels: int, negative_slope: float = 0.2) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.activation = nn.LeakyReLU(negative_slope)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, channels, H, W)."""
        return x + self.conv2(self.activation(self.conv1(x)))


class PatchDiscriminator(nn.Module):
    """One scale: three stride-2 stages, residual blocks, a linear 1x1 classifier.

    Args:
        in_channels (int): Channels of the input.
        base_channels (int): Channels of the first four convolutions; the rest has twice as many.
            Defaults to 32.
        num_blocks (int): Number of residual blocks. Defaults to 4.
        negative_slope (float): Of the LeakyReLUs. Defaults to 0.2.
    """

    def __init__(
        self, in_channels: int, base_channels: int = 32, num_blocks: int = 4, negative_slope: float = 0.2
    ) -> None:
        super().__init__()
        width = base_channels
        self.convs = nn.ModuleList(
            [
                nn.Conv2d(in_channels, width, 3, stride=2, padding=1),
                nn.Conv2d(width, width, 3, stride=1, padding=1),
                nn.Conv2d(width, width, 3, stride=2, padding=1),
                nn.Conv2d(width, width, 3, stride=1, padding=1),
                nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            ]
        )
        self.activation = nn.LeakyReLU(negative_slope)
        self.blocks = nn.Sequential(*[ResidualBlock(2 * width, negative_slope) for _ in range(num_blocks)])
        self.classifier = nn.Conv2d(2 * width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, 1, ceil(H / 8), ceil(W / 8)), unbounded."""
        for conv in self.convs:
            x = self.activation(conv(x))
        return self.classifier(self.blocks(x))


@MODELS.register_module()
class MultiScaleDiscriminator(nn.Module):
    """Patch discriminators on an average-pooled pyramid of the input.

    The discriminator of the published code of Zheng and Yang, IJCAI 2020: three scales without
    shared weights, no norm layers, zero padding. All convolution weights start from N(0, 0.02),
    biases from 0.

    Args:
        in_channels (int): Number of classes. Defaults to 19.
        base_channels (int): See :class:`PatchDiscriminator`. Defaults to 32.
        num_scales (int): Size of the pyramid; each scale has half the size of the one before.
            Defaults to 3.
        num_blocks (int): Residual blocks per scale. Defaults to 4.
        init_std (float): Standard deviation of the initial weights. Defaults to 0.02.

    Shape:
        Input: (N, in_channels, H, W) probability maps. Result: list of ``num_scales`` maps
        (N, 1, h, w), the first with h = ceil(H / 8); linear, without sigmoid.

    Example:
        >>> import torch
        >>> net = MultiScaleDiscriminator(in_channels=19)
        >>> [tuple(m.shape) for m in net(torch.rand(1, 19, 64, 128))]
        [(1, 1, 8, 16), (1, 1, 4, 8), (1, 1, 2, 4)]
    """

    def __init__(
        self,
        in_channels: int = 19,
        base_channels: int = 32,
        num_scales: int = 3,
        num_blocks: int = 4,
        init_std: float = 0.02,
    ) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            [PatchDiscriminator(in_channels, base_channels, num_blocks) for _ in range(num_scales)]
        )
        self.downsample = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=init_std)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return one patch map per scale, from fine to coarse."""
        maps = []
        for index, scale in enumerate(self.scales):
            if index > 0:
                x = self.downsample(x)
            maps.append(scale(x))
        return maps
