from collections.abc import Sequence

from torch import Tensor, nn


class DilatedSum(nn.Module):
    """Sum of dilated 3x3 convolutions with bias, the classifier of DeepLab-v2 (Chen et al., TPAMI 2018).

    Args:
        in_channels (int): Of the features.
        out_channels (int): Number of outputs.
        dilations (Sequence[int]): One branch each. Defaults to (6, 12, 18, 24).

    Shape:
        (N, in_channels, H, W) to (N, out_channels, H, W).
    """

    def __init__(self, in_channels: int, out_channels: int, dilations: Sequence[int] = (6, 12, 18, 24)) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, out_channels, 3, padding=dilation, dilation=dilation) for dilation in dilations
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of the branches."""
        return sum(branch(x) for branch in self.branches)


class PixelEncoder(nn.Sequential):
    """Convolutions 1x1, 3x3 and 1x1 with ReLU between them; the mean of the last channels is a depth, say.

    The auxiliary branch of DADA (Vu et al., ICCV 2019, Sec. 3.1).

    Args:
        in_channels (int): Of the features.
        hidden_channels (int): Of the first two convolutions.
        out_channels (int): Of the last one.

    Shape:
        (N, in_channels, H, W) to (N, out_channels, H, W), without ReLU.
    """

    def __init__(self, in_channels: int, hidden_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, hidden_channels, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden_channels, hidden_channels, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden_channels, out_channels, 1),
        )
