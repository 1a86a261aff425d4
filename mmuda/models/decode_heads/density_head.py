from collections.abc import Sequence
from typing import Any

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.decode_heads.dilated_sum import DilatedSum, PixelEncoder
from mmuda.models.decode_heads.multi_task_head import MultiTaskHead


@MODELS.register_module()
class DensityHead(MultiTaskHead):
    """Three branches on the same features: classes, density and depth.

    Depth Distribution (Wu and Liu, NeurIPS 2022). Density and depth are each the mean of the channels of a
    :class:`~mmuda.models.decode_heads.dilated_sum.PixelEncoder`, without bounds. Nothing is fused; two layers of the
    published network that nothing reads are left out.

    Args:
        in_channels (int): Of the features. Defaults to 2048.
        hidden_channels (int): Of the branches of density and depth. Defaults to 512.
        encoded_channels (int): Of their last layers. Defaults to 128.
        dilations (Sequence[int]): Of the classifier. Defaults to (6, 12, 18, 24).
        **kwargs (Any): Arguments of :class:`MultiTaskHead`, ``num_classes`` and ``in_index`` among them.

    Shape:
        Features (N, in_channels, H, W) to ``dict(main=..., density=..., depth=...)``: logits (N, num_classes, H, W),
        density and inverse depth (N, 1, H, W), both of any sign.
    """

    def __init__(
        self,
        in_channels: int = 2048,
        hidden_channels: int = 512,
        encoded_channels: int = 128,
        dilations: Sequence[int] = (6, 12, 18, 24),
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, **kwargs)
        self.classifier = DilatedSum(in_channels, self.out_channels, dilations)
        self.density_encoder = PixelEncoder(in_channels, hidden_channels, encoded_channels)
        self.depth_encoder = PixelEncoder(in_channels, hidden_channels, encoded_channels)

    def outputs(self, x: Tensor) -> dict[str, Tensor]:
        """Return logits, density and depth."""
        return dict(
            main=self.classifier(x),
            density=self.density_encoder(x).mean(dim=1, keepdim=True),
            depth=self.depth_encoder(x).mean(dim=1, keepdim=True),
        )
