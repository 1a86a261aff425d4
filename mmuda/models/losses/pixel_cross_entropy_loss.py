import torch.nn.functional as F
from mmengine.dist import all_reduce
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32


@MODELS.register_module()
class PixelCrossEntropyLoss(nn.Module):
    """Cross entropy averaged over the labeled pixels, with the class weights if there are any.

    ``sum(W_y * CE) / sum(W_y)``. Without a labeled pixel the loss is 0 and so are its gradients. Computed in float32
    at least: half precision logits are cast up.

    Several processes: the normalizer is the mean over ranks of ``sum(W_y)``, so that the gradient
    averaged by DistributedDataParallel equals that of one process with the whole batch; the value on
    one rank is its share, the mean over ranks is the loss of the whole batch. All ranks must
    therefore call it equally often.

    Args:
        ignore_index (int): Label without supervision. Defaults to 255.
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Shape:
        logits: (N, C, H, W). target: (N, H, W) class ids of any integer type. class_weight: (C,) or
        None for all ones. Result: scalar.

    Example:
        >>> loss = PixelCrossEntropyLoss()
        >>> loss(torch.randn(1, 19, 4, 4), torch.randint(19, (1, 4, 4))).shape
        torch.Size([])
    """

    def __init__(self, ignore_index: int = 255, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.ignore_index = ignore_index
        self.loss_weight = loss_weight

    def forward(self, logits: Tensor, target: Tensor, class_weight: Tensor | None = None) -> Tensor:
        """Return the loss; which pixels are kept is a constant for the gradient."""
        logits, target = at_least_float32(logits), target.long()
        if class_weight is None:
            class_weight = logits.new_ones(logits.shape[1])
        class_weight = class_weight.to(logits)
        pixel_loss = F.cross_entropy(
            logits, target, weight=class_weight, ignore_index=self.ignore_index, reduction='none'
        )
        kept = self.kept_pixels(pixel_loss, target)

        pixel_weight = class_weight[target.masked_fill(~kept, 0)]
        normalizer = pixel_weight.where(kept, 0).sum()
        all_reduce(normalizer, op='mean')
        # No kept pixel anywhere: 0 / 1 instead of 0 / 0.
        normalizer = normalizer.where(normalizer > 0, 1)
        return self.loss_weight * pixel_loss.where(kept, 0).sum() / normalizer

    def kept_pixels(self, pixel_loss: Tensor, target: Tensor) -> Tensor:
        """Return which pixels count: the labeled ones.

        Args:
            pixel_loss (Tensor): (N, H, W), weighted, 0 where the pixel is ignored.
            target (Tensor): (N, H, W) int64.

        Returns:
            Tensor: (N, H, W) bool.
        """
        return target != self.ignore_index
