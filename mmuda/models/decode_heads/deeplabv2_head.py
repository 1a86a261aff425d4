"""The classifier of DeepLab-v2."""

from collections.abc import Sequence
from typing import Any

from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class DeepLabV2Head(BaseDecodeHead):
    """Sum of dilated 3x3 convolutions with bias (Chen et al., DeepLab, TPAMI 2018).

    CRST (Zou et al., ICCV 2019) sums four branches. Much code that grew out of AdaptSegNet, DACS among it,
    has four but sums the first two: ``branches=2``. ``dilations=(6, 12)`` is the same function without the
    idle weights.

    Args:
        in_channels (int): Defaults to 2048.
        dilations (Sequence[int]): One branch each. Defaults to (6, 12, 18, 24).
        branches (int, optional): How many of them are summed, from the first. The others are frozen: they
            are there for checkpoints that hold them. Defaults to None: all.
        align_corners (bool): For resizing the logits. Defaults to True.
        loss_decode (dict, optional): Defaults to the mean cross entropy of the labeled pixels.
        init_cfg (dict, optional): Defaults to a normal distribution with deviation 0.01, biases 0.
        **kwargs: Arguments of :class:`mmseg.models.decode_heads.decode_head.BaseDecodeHead`,
            ``num_classes`` and ``in_index`` among them.

    Shape:
        A feature map (N, in_channels, H, W) to (N, num_classes, H, W) logits.

    Raises:
        ValueError: If ``branches`` is not between 1 and the number of dilations.
    """

    def __init__(
        self,
        in_channels: int = 2048,
        dilations: Sequence[int] = (6, 12, 18, 24),
        branches: int | None = None,
        align_corners: bool = True,
        loss_decode: dict | None = None,
        init_cfg: dict | None = None,
        **kwargs: Any,
    ) -> None:
        summed = len(dilations) if branches is None else branches
        if not 1 <= summed <= len(dilations):
            raise ValueError(
                f'DeepLabV2Head: branches must lie between 1 and the number of dilations '
                f'{tuple(dilations)}, got {summed}'
            )
        super().__init__(
            in_channels=in_channels,
            channels=in_channels,
            dropout_ratio=0,
            align_corners=align_corners,
            loss_decode=loss_decode or dict(type='CrossEntropyLoss', avg_non_ignore=True),
            init_cfg=init_cfg or dict(type='Normal', layer='Conv2d', std=0.01),
            **kwargs,
        )
        del self.conv_seg  # every branch classifies
        self.summed = summed
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, self.out_channels, 3, padding=dilation, dilation=dilation) for dilation in dilations
        )
        self.branches[summed:].requires_grad_(False)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the logits."""
        x = self._transform_inputs(inputs)
        return sum(branch(x) for branch in self.branches[: self.summed])
