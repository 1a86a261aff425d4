import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.labeled_mean import mean_over_labeled
from mmuda.models.losses.precision import at_least_float32


@MODELS.register_module()
class SoftCrossEntropyLoss(nn.Module):
    """Cross entropy with probabilities as labels.

    ``sum(-y * log p) / number of labeled pixels``; a pixel whose ``y`` is all zeros is not labeled. With the soft
    labels of LRENT on the target and one-hot labels on the source it is the loss of Zou et al., "Confidence
    Regularized Self-Training", ICCV 2019, in the form of the published code. Without a labeled pixel the
    loss is 0 (the original gives NaN).

    Several processes: see :func:`~mmuda.models.losses.labeled_mean.mean_over_labeled`.

    Args:
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Shape:
        logits: (N, C, H, W). target: (N, C, H, W), not negative. Result: scalar >= 0.

    Example:
        >>> import torch
        >>> loss = SoftCrossEntropyLoss()
        >>> loss(torch.randn(1, 19, 4, 4), torch.rand(1, 19, 4, 4).softmax(1)).shape
        torch.Size([])
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss; no gradient flows into the labels."""
        logits, target = at_least_float32(logits), target.detach()
        pixel_loss = -(target * F.log_softmax(logits, dim=1)).sum(1)
        return self.loss_weight * mean_over_labeled(pixel_loss, target.sum(1) > 0)
