"""The classifier of ResNet-38 in CBST."""

from collections.abc import Sequence
from typing import Any

from mmengine.structures import PixelData
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mmuda.models.losses.label_grid import label_grid


@MODELS.register_module()
class ResNet38Head(BaseDecodeHead):
    """Two dilated 3x3 convolutions with a ReLU between them, trained at the size of the features.

    The classifier of CBST (Zou et al., ECCV 2018). The loss does not resize the logits: labels are taken at
    the middle of each cell, see :func:`mmuda.models.losses.label_grid.label_grid`. It is the mean cross entropy
    of the labeled cells, 0 without any.

    Args:
        in_channels (int): Defaults to 4096.
        channels (int): Width between the convolutions. Defaults to 512.
        dilation (int): Of both convolutions. Defaults to 12.
        loss_decode (dict, optional): Defaults to the mean cross entropy of the labeled cells.
        init_cfg (dict, optional): Defaults to He's normal initialization with fan-in and biases 0.
        **kwargs: Arguments of :class:`mmseg.models.decode_heads.decode_head.BaseDecodeHead`,
            ``num_classes`` among them.

    Shape:
        A feature map (N, in_channels, H, W) of the backbone's output to (N, num_classes, H, W) logits.
    """

    def __init__(
        self,
        in_channels: int = 4096,
        channels: int = 512,
        dilation: int = 12,
        loss_decode: dict | None = None,
        init_cfg: dict | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            in_channels=in_channels,
            channels=channels,
            dropout_ratio=0,
            loss_decode=loss_decode or dict(type='CrossEntropyLoss', avg_non_ignore=True),
            init_cfg=init_cfg or dict(type='Kaiming', layer='Conv2d', mode='fan_in'),
            **kwargs,
        )
        self.conv6a = nn.Conv2d(in_channels, channels, 3, padding=dilation, dilation=dilation)
        self.relu = nn.ReLU(inplace=True)
        self.conv_seg = nn.Conv2d(channels, self.out_channels, 3, padding=dilation, dilation=dilation)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the logits."""
        return self.cls_seg(self.relu(self.conv6a(self._transform_inputs(inputs))))

    def loss_by_feat(self, seg_logits: Tensor, batch_data_samples: Sequence[SegDataSample]) -> dict[str, Tensor]:
        """Return the loss and the accuracy at the cells of ``seg_logits``.

        Raises:
            ValueError: If the size of the labels is no multiple of that of the logits.
        """
        flipped = [sample.metainfo.get('flip_direction') == 'horizontal' for sample in batch_data_samples]
        labels = self._stack_batch_gt(batch_data_samples).squeeze(1)
        cells = label_grid(labels, seg_logits.shape[2:], flipped)
        return super().loss_by_feat(
            seg_logits, [SegDataSample(gt_sem_seg=PixelData(data=cell[None])) for cell in cells]
        )
