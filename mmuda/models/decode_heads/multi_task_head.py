"""Base class of decode heads with one classifier or more and other outputs beside it."""

from collections.abc import Sequence
from typing import Any

from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.utils import resize
from torch import Tensor, nn

from mmuda.models.decode_heads.multi_output_head import MultiOutputHead
from mmuda.models.decode_heads.output_size import output_size


class MultiTaskHead(MultiOutputHead, BaseDecodeHead):
    """Decode head whose forward pass returns ``main`` and other outputs; it predicts with ``main``.

    Logits are resized once in prediction, from the resolution of the features to that of the original image, as the
    published code of ADVENT and of what grew out of it does. In a stock segmentor it trains ``main`` alone.

    Weights of convolutions start from a normal distribution with deviation 0.01, biases as PyTorch draws them: the
    published code sets the weights alone.

    Args:
        in_channels (int): Of the features. Defaults to 2048.
        align_corners (bool): For resizing the outputs. Defaults to True.
        loss_decode (dict, optional): Of a stock segmentor. Defaults to the mean cross entropy of the labeled pixels.
        **kwargs (Any): Arguments of :class:`mmseg.models.decode_heads.decode_head.BaseDecodeHead`, ``num_classes`` and
            ``in_index`` among them.
    """

    def __init__(
        self, in_channels: int = 2048, align_corners: bool = True, loss_decode: dict | None = None, **kwargs: Any
    ) -> None:
        super().__init__(
            in_channels=in_channels,
            channels=in_channels,
            dropout_ratio=0,
            align_corners=align_corners,
            loss_decode=loss_decode or dict(type='CrossEntropyLoss', avg_non_ignore=True),
            init_cfg=None,
            **kwargs,
        )
        del self.conv_seg  # classifiers are parts of their own

    def init_weights(self) -> None:
        """Initialize the weights of all convolutions."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.01)

    def forward(self, inputs: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return all outputs by name."""
        return self.outputs(self._transform_inputs(inputs))

    def outputs(self, x: Tensor) -> dict[str, Tensor]:
        """Return all outputs of the features (N, in_channels, H, W) by name; implemented by each head."""
        raise NotImplementedError

    def loss_by_feat(self, seg_logits: dict[str, Tensor], batch_data_samples: list) -> dict[str, Tensor]:
        """Supervised loss of ``main``, for training in a stock segmentor."""
        return super().loss_by_feat(seg_logits['main'], batch_data_samples)

    def predict_by_feat(self, seg_logits: dict[str, Tensor], batch_img_metas: list[dict]) -> Tensor:
        """Return the logits of ``main`` at the size of the original images, see :func:`output_size`."""
        return resize(
            seg_logits['main'],
            size=output_size(batch_img_metas),
            mode='bilinear',
            align_corners=self.align_corners,
            warning=False,
        )
