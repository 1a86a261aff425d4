from collections.abc import Sequence
from typing import Any

from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.decode_heads.dilated_sum import DilatedSum, PixelEncoder
from mmuda.models.decode_heads.multi_task_head import MultiTaskHead


@MODELS.register_module()
class DepthFusionHead(MultiTaskHead):
    """Classifier on features that are multiplied by features of depth: DADA (Vu et al., ICCV 2019, Sec. 3.1).

    ``e = conv1x1(relu(conv3x3(relu(conv1x1(x)))))``; the depth is the mean of the channels of ``e``, without bounds;
    the classifier of DeepLab-v2 reads ``x * relu(conv1x1(e))``.

    Args:
        in_channels (int): Of the features. Defaults to 2048.
        hidden_channels (int): Of the branch of depth. Defaults to 512.
        depth_channels (int): Of its last layer. Defaults to 128.
        dilations (Sequence[int]): Of the classifier. Defaults to (6, 12, 18, 24).
        **kwargs (Any): Arguments of :class:`MultiTaskHead`, ``num_classes`` and ``in_index`` among them.

    Shape:
        Features (N, in_channels, H, W) to ``dict(main=..., depth=...)``: logits (N, num_classes, H, W) and inverse
        depth (N, 1, H, W), of any sign.
    """

    def __init__(
        self,
        in_channels: int = 2048,
        hidden_channels: int = 512,
        depth_channels: int = 128,
        dilations: Sequence[int] = (6, 12, 18, 24),
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, **kwargs)
        self.depth_encoder = PixelEncoder(in_channels, hidden_channels, depth_channels)
        self.fusion = nn.Conv2d(depth_channels, in_channels, 1)
        self.classifier = DilatedSum(in_channels, self.out_channels, dilations)

    def outputs(self, x: Tensor) -> dict[str, Tensor]:
        """Return logits and depth."""
        encoded = self.depth_encoder(x)
        fused = x * self.fusion(encoded).relu()
        return dict(main=self.classifier(fused), depth=encoded.mean(dim=1, keepdim=True))
