import math

import torch
from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses.pixel_cross_entropy_loss import PixelCrossEntropyLoss


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
def hard_pixels(pixel_loss: Tensor, target: Tensor, q: float, ignore_index: int = 255) -> tuple[Tensor, Tensor]:
    """Labeled pixels whose loss is not below the q-th percentile.

    Args:
        pixel_loss (Tensor): (N, H, W), 0 where the pixel is ignored.
        target (Tensor): (N, H, W) class ids.
        q (float): Percentile over all pixels, ignored ones included, in [0, 100].
        ignore_index (int): Label without supervision. Defaults to 255.

    Returns:
        tuple[Tensor, Tensor]: The kept pixels, (N, H, W) bool, and the threshold, a scalar.
    """
    threshold = percentile(pixel_loss, q)
    # Not "loss >= threshold": a NaN must stay visible.
    return (target != ignore_index) & ~(pixel_loss < threshold), threshold


@MODELS.register_module()
class HardPixelCrossEntropyLoss(PixelCrossEntropyLoss):
    """Class-weighted cross entropy of the hardest pixels.

    Pixels whose weighted loss lies below a percentile of all pixels of the batch (ignored ones
    count with loss 0) are dropped; the rest is averaged with the class weights, as in
    :class:`PixelCrossEntropyLoss`. The "only hard label" option of the published code of Zheng and
    Yang, IJCAI 2020; it is not in the paper. Without any kept pixel the loss is 0 and so are its
    gradients (the original gives NaN and zero gradients).

    Several processes: the percentile is taken per rank. A rank keeps its own hardest pixels, which is
    not the same as the hardest pixels of the whole batch.

    Args:
        percentile (float): In [0, 100]: pixels below it are dropped. Defaults to 80.0.
        ignore_index (int): Label without supervision. Defaults to 255.
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Shape:
        As of :class:`PixelCrossEntropyLoss`.

    Raises:
        ValueError: If ``percentile`` is outside [0, 100].

    Example:
        >>> loss = HardPixelCrossEntropyLoss(percentile=80.)
        >>> loss(torch.randn(1, 19, 4, 4), torch.randint(19, (1, 4, 4))).shape
        torch.Size([])
    """

    def __init__(self, percentile: float = 80.0, ignore_index: int = 255, loss_weight: float = 1.0) -> None:
        super().__init__(ignore_index, loss_weight)
        if percentile is None or not 0 <= percentile <= 100:
            raise ValueError(
                f'HardPixelCrossEntropyLoss: percentile must lie in [0, 100], got {percentile}: for the mean over all '
                "labeled pixels set type='PixelCrossEntropyLoss'"
            )
        self.percentile = percentile

    def kept_pixels(self, pixel_loss: Tensor, target: Tensor) -> Tensor:
        """Return which pixels count: the hardest of the labeled ones."""
        return hard_pixels(pixel_loss, target, self.percentile, self.ignore_index)[0]
