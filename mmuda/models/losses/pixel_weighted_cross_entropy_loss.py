import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses.pixel_weighted_loss import PixelWeightedLoss
from mmuda.models.losses.precision import at_least_float32


@MODELS.register_module()
class PixelWeightedCrossEntropyLoss(PixelWeightedLoss):
    """Cross entropy with a weight per pixel, averaged over all pixels.

    ``sum(weight * CE) / (N * H * W)``: ignored pixels have loss 0 and count in the denominator. The loss of mixed
    images in DACS (Tranheden et al., WACV 2021, Eq. 2) as its code has it. Without a labeled pixel the loss is 0.

    Args:
        ignore_index (int): Label without supervision. Defaults to 255.
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Shape:
        logits: (N, C, H, W). target: (N, H, W) class ids of any integer type. weight: (N, H, W), or None for 1.
        Result: scalar >= 0.

    Example:
        >>> loss = PixelWeightedCrossEntropyLoss()
        >>> loss(torch.randn(1, 19, 4, 4), torch.randint(19, (1, 4, 4)), torch.rand(1, 4, 4)).shape
        torch.Size([])
    """

    def __init__(self, ignore_index: int = 255, loss_weight: float = 1.0) -> None:
        super().__init__(loss_weight)
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """See :class:`PixelWeightedLoss`."""
        pixel_loss = F.cross_entropy(
            at_least_float32(logits), target.long(), ignore_index=self.ignore_index, reduction='none'
        )
        if weight is not None:
            pixel_loss = weight.detach() * pixel_loss
        return self.loss_weight * pixel_loss.mean()
