from collections.abc import Sequence
from typing import Any

from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.decode_heads.dilated_sum import DilatedSum, PixelEncoder
from mmuda.models.decode_heads.multi_task_head import MultiTaskHead


@MODELS.register_module()
class CrossTaskHead(MultiTaskHead):
    """Semantics, depth, and semantics refined by depth: CTRL (Saha et al., CVPR 2021, Sec. 3.1).

    As :class:`DepthFusionHead`, with another layer for depth, the dilated sum with one output, and a second classifier,
    ``refined`` (its name in the paper is SRH), which reads the fused features times the predicted depth. Prediction is
    that of ``main``.

    Args:
        in_channels (int): Of the features. Defaults to 2048.
        hidden_channels (int): Of the branch of depth. Defaults to 512.
        depth_channels (int): Of its last layer before the depth. Defaults to 128.
        dilations (Sequence[int]): Of classifiers and depth. Defaults to (6, 12, 18, 24).
        **kwargs (Any): Arguments of :class:`MultiTaskHead`, ``num_classes`` and ``in_index`` among them.

    Shape:
        Features (N, in_channels, H, W) to ``dict(main=..., refined=..., depth=...)``: logits (N, num_classes, H, W)
        twice, and inverse depth (N, 1, H, W), of any sign.
    """

    classifiers = ('main', 'refined')

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
        self.depth = DilatedSum(depth_channels, 1, dilations)
        self.refined_classifier = DilatedSum(in_channels, self.out_channels, dilations)

    def outputs(self, x: Tensor) -> dict[str, Tensor]:
        """Return logits, refined logits and depth."""
        encoded = self.depth_encoder(x)
        depth = self.depth(encoded)
        fused = x * self.fusion(encoded).relu()
        return dict(main=self.classifier(fused), refined=self.refined_classifier(fused * depth), depth=depth)
