from mmengine.dist import all_reduce
from torch import Tensor


def mean_over_labeled(pixel_loss: Tensor, labeled: Tensor) -> Tensor:
    """Sum of a loss over the labeled pixels, divided by their number.

    The number is the mean over ranks, so that averaged gradients are those of the whole batch; all ranks must
    call it equally often. Without a labeled pixel on any rank the result and its gradient are 0.

    Args:
        pixel_loss (Tensor): (N, H, W).
        labeled (Tensor): (N, H, W) bool.

    Returns:
        Tensor: Scalar.
    """
    count = labeled.sum().to(pixel_loss.dtype)
    all_reduce(count, op='mean')
    return pixel_loss.where(labeled, 0).sum() / count.where(count > 0, 1)
