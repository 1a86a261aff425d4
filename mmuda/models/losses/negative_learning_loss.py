from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.labeled_mean import mean_over_labeled
from mmuda.models.losses.precision import at_least_float32

SMALLEST = 1e-7


@MODELS.register_module()
class NegativeLearningLoss(nn.Module):
    """Low probability of the classes that a pixel surely does not have.

    ``-sum_c m_c log(1 - p_c) / sum_c m_c`` of each pixel with at least one excluded class (``m_c = 1``), averaged over
    these pixels: the negative term of UPS (Rizve et al., In Defense of Pseudo-Labeling, ICLR 2021, Eq. 5, in the form
    of its code), pixel by pixel. The thesis that uses negative labels with MRNet does not publish its loss; this is a
    reconstruction.

    Several processes: the number of pixels is the mean over ranks, see
    :func:`~mmuda.models.losses.labeled_mean.mean_over_labeled`; all ranks must call it equally often.

    Args:
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Shape:
        logits: (N, C, H, W). negative: (N, C, H, W) bool. Result: scalar, 0 where no class of any pixel is excluded.

    Example:
        >>> logits = torch.tensor([2.0, 0.0, -1.0]).reshape(1, 3, 1, 1)
        >>> negative = torch.tensor([False, True, True]).reshape(1, 3, 1, 1)
        >>> round(NegativeLearningLoss()(logits, negative).item(), 6)
        0.082088
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, logits: Tensor, negative: Tensor) -> Tensor:
        """Return the loss."""
        probabilities = at_least_float32(logits).softmax(dim=1)
        penalty = -(1 - probabilities).clamp(SMALLEST, 1).log()
        number = negative.sum(dim=1)
        pixel_loss = penalty.where(negative, 0).sum(dim=1) / number.clamp_min(1)
        return self.loss_weight * mean_over_labeled(pixel_loss, number > 0)
