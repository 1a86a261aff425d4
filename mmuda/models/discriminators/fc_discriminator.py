from mmseg.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class FCDiscriminator(nn.Module):
    """Fully convolutional discriminator of output-space adaptation.

    Five 4x4 convolutions with stride 2 and padding 1, LeakyReLU(0.2) between them. Tsai et al.,
    "Learning to Adapt Structured Output Space for Semantic Segmentation" (AdaptSegNet), CVPR 2018,
    Sec. 4.2; also used by Vu et al., ADVENT, CVPR 2019.

    Args:
        in_channels (int): Number of classes.
        base_channels (int): Channels after the first convolution, doubled by each of the next
            three. Defaults to 64.

    Shape:
        Input: (N, in_channels, H, W) probability (or weighted self-information) maps, H and W at
        least 32. Result: list with one map (N, 1, H // 32, W // 32); linear, without sigmoid.

    Example:
        >>> import torch
        >>> net = FCDiscriminator(in_channels=19, base_channels=8)
        >>> [tuple(m.shape) for m in net(torch.rand(1, 19, 64, 96))]
        [(1, 1, 2, 3)]
    """

    def __init__(self, in_channels: int, base_channels: int = 64) -> None:
        super().__init__()
        widths = [in_channels, *(base_channels * factor for factor in (1, 2, 4, 8))]
        layers: list[nn.Module] = []
        for before, after in zip(widths, widths[1:]):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Conv2d(widths[-1], 1, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the patch map as a list of one scale."""
        return [self.classifier(self.features(x))]
