from mmseg.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class FCDiscriminator(nn.Module):
    """Fully convolutional discriminator of output-space adaptation.

    4x4 convolutions with stride 2 and padding 1, LeakyReLU(0.2) between them. Tsai et al.,
    "Learning to Adapt Structured Output Space for Semantic Segmentation" (AdaptSegNet), CVPR 2018,
    Sec. 4.2; also used by Vu et al., ADVENT, CVPR 2019.

    Args:
        in_channels (int): Number of classes.
        base_channels (int): Channels after the first convolution, doubled by each of the next ones. Defaults to 64.
        num_layers (int): Convolutions, the one that classifies among them. Maps at the size of the logits
            (``resolution='logits'``) need fewer, 3 with logits of stride 4: a patch then covers as much of the image.
            Defaults to 5, as published.

    Raises:
        ValueError: In the forward pass, if the maps are too small.

    Shape:
        Input: (N, in_channels, H, W) probability (or weighted self-information) maps, H and W at
        least ``s = 2 ** num_layers``, 32 by default. Result: list with one map (N, 1, H // s, W // s);
        linear, without sigmoid.

    Example:
        >>> import torch
        >>> net = FCDiscriminator(in_channels=19, base_channels=8)
        >>> [tuple(m.shape) for m in net(torch.rand(1, 19, 64, 96))]
        [(1, 1, 2, 3)]
    """

    def __init__(self, in_channels: int, base_channels: int = 64, num_layers: int = 5) -> None:
        super().__init__()
        self.smallest = 2**num_layers
        widths = [in_channels, *(base_channels * 2**index for index in range(num_layers - 1))]
        layers: list[nn.Module] = []
        for before, after in zip(widths, widths[1:]):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Conv2d(widths[-1], 1, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the patch map as a list of one scale."""
        if min(x.shape[2:]) < self.smallest:
            raise ValueError(
                f'FCDiscriminator: its convolutions halve the maps to 1/{self.smallest}, and these are '
                f'{tuple(x.shape[2:])}: set num_layers of the discriminator lower'
            )
        return [self.classifier(self.features(x))]
