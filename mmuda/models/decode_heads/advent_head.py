from collections.abc import Sequence
from typing import Any

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.decode_heads.dilated_sum import DilatedSum
from mmuda.models.decode_heads.multi_task_head import MultiTaskHead


@MODELS.register_module()
class AdventHead(MultiTaskHead):
    """The classifier of DeepLab-v2 with start and prediction of ADVENT (Vu et al., CVPR 2019).

    The function is that of :class:`DeepLabV2Head`. Its biases start as PyTorch draws them, and logits are resized once
    in prediction. The second level of the multi-level network is one more classifier on the features before:
    ``aux_channels`` and ``aux_index``.

    Args:
        in_channels (int): Of the last features. Defaults to 2048.
        in_index (int): Their position in the backbone's output. Defaults to -1.
        aux_channels (int, optional): Of the features of the classifier ``aux``. Defaults to None: there is none.
        aux_index (int): Their position. Defaults to -2.
        dilations (Sequence[int]): Defaults to (6, 12, 18, 24).
        **kwargs (Any): Arguments of :class:`MultiTaskHead`, ``num_classes`` among them.

    Shape:
        Feature maps to ``dict(main=...)``, with the second level ``dict(aux=..., main=...)``: logits
        (N, num_classes, H, W).
    """

    def __init__(
        self,
        in_channels: int = 2048,
        in_index: int = -1,
        aux_channels: int | None = None,
        aux_index: int = -2,
        dilations: Sequence[int] = (6, 12, 18, 24),
        **kwargs: Any,
    ) -> None:
        super().__init__(in_channels, in_index=in_index, **kwargs)
        self.classifier = DilatedSum(in_channels, self.out_channels, dilations)
        self.aux_classifier = None
        self.aux_index = aux_index
        if aux_channels is not None:
            self.aux_classifier = DilatedSum(aux_channels, self.out_channels, dilations)
            self.classifiers = ('aux', 'main')

    def forward(self, inputs: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return the logits of each classifier."""
        outputs = super().forward(inputs)
        if self.aux_classifier is None:
            return outputs
        return dict(aux=self.aux_classifier(inputs[self.aux_index]), **outputs)

    def outputs(self, x: Tensor) -> dict[str, Tensor]:
        """Return the logits of the last features."""
        return dict(main=self.classifier(x))
