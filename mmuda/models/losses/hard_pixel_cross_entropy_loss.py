import math

import torch
import torch.nn.functional as F
from mmengine.dist import all_reduce
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32


def percentile(values: Tensor, q: float) -> Tensor:
    """Percentile with linear interpolation, for any number of elements.

    Equals ``numpy.percentile``; ``torch.quantile`` refuses more than 2**24 elements.

    Args:
        values (Tensor): Floating point, any shape, at least one element.
        q (float): In [0, 100].

    Returns:
        Tensor: Scalar.
    """
    values = values.flatten()
    position = q / 100 * (values.numel() - 1)
    below = math.floor(position)
    above = min(below + 1, values.numel() - 1)
    low = values.kthvalue(below + 1).values
    high = values.kthvalue(above + 1).values
    return torch.lerp(low, high, position - below)


@torch.no_grad()
def hard_pixels(pixel_loss: Tensor, target: Tensor, q: float | None, ignore_index: int = 255) -> tuple[Tensor, Tensor]:
    """Labeled pixels whose loss is not below the q-th percentile.

    Args:
        pixel_loss (Tensor): (N, H, W), 0 where the pixel is ignored.
        target (Tensor): (N, H, W) class ids.
        q (float, optional): Percentile over all pixels, ignored ones included, in [0, 100]. None keeps
            every labeled pixel.
        ignore_index (int): Label without supervision. Defaults to 255.

    Returns:
        tuple[Tensor, Tensor]: The kept pixels, (N, H, W) bool, and the threshold, a scalar (0 for
        ``q=None``).
    """
    labeled = target != ignore_index
    if q is None:
        return labeled, pixel_loss.new_zeros(())
    threshold = percentile(pixel_loss, q)
    # Not "loss >= threshold": a NaN must stay visible.
    return labeled & ~(pixel_loss < threshold), threshold


@MODELS.register_module()
class HardPixelCrossEntropyLoss(nn.Module):
    """Class-weighted cross entropy of the hardest pixels.

    Pixels whose weighted loss lies below a percentile of all pixels of the batch (ignored ones
    count with loss 0) are dropped; the rest is averaged with the class weights,
    ``sum(W_y * CE) / sum(W_y)``. The "only hard label" option of the published code of Zheng and
    Yang, IJCAI 2020; it is not in the paper. Without any kept pixel the loss is 0 and so are its
    gradients (the original gives NaN and zero gradients).

    Computed in float32 at least: half precision logits are cast up.

    Several processes: the normalizer is the mean over ranks of ``sum(W_y)``, so that the gradient
    averaged by DistributedDataParallel equals that of one process with the whole batch; the value on
    one rank is its share, the mean over ranks is the loss of the whole batch. All ranks must
    therefore call it equally often. The percentile is taken per rank: a rank keeps its own hardest
    pixels, which is not the same as the hardest pixels of the whole batch.

    Args:
        percentile (float, optional): In [0, 100]: pixels below it are dropped. None: plain weighted
            cross entropy of all labeled pixels. Defaults to 80.0.
        ignore_index (int): Label without supervision. Defaults to 255.
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Shape:
        logits: (N, C, H, W). target: (N, H, W) class ids of any integer type. class_weight: (C,) or
        None for all ones. Result: scalar.

    Raises:
        ValueError: If ``percentile`` is outside [0, 100].

    Example:
        >>> loss = HardPixelCrossEntropyLoss(percentile=80.)
        >>> loss(torch.randn(1, 19, 4, 4), torch.randint(19, (1, 4, 4))).shape
        torch.Size([])
    """

    def __init__(self, percentile: float | None = 80.0, ignore_index: int = 255, loss_weight: float = 1.0) -> None:
        super().__init__()
        if percentile is not None and not 0 <= percentile <= 100:
            raise ValueError(f'HardPixelCrossEntropyLoss: percentile must lie in [0, 100] or be None, got {percentile}')
        self.percentile = percentile
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
        kept, _ = hard_pixels(pixel_loss, target, self.percentile, self.ignore_index)

        pixel_weight = class_weight[target.masked_fill(~kept, 0)]
        normalizer = pixel_weight.where(kept, 0).sum()
        all_reduce(normalizer, op='mean')
        # No kept pixel anywhere: 0 / 1 instead of 0 / 0.
        normalizer = normalizer.where(normalizer > 0, 1)
        return self.loss_weight * pixel_loss.where(kept, 0).sum() / normalizer
