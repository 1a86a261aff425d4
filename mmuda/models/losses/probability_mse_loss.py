from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses.pixel_weighted_loss import PixelWeightedLoss
from mmuda.models.losses.precision import at_least_float32


@MODELS.register_module()
class ProbabilityMSELoss(PixelWeightedLoss):
    """Mean squared difference between predicted and given probabilities.

    The alternative consistency loss of the published code of DACS (Tranheden et al., WACV 2021): the mean is over
    pixels and classes.

    Args:
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Shape:
        logits: (N, C, H, W). target: (N, C, H, W), probabilities. weight: (N, H, W), or None for 1. Result: scalar.

    Example:
        >>> loss = ProbabilityMSELoss()
        >>> loss(torch.randn(1, 19, 4, 4), torch.randn(1, 19, 4, 4).softmax(1)).shape
        torch.Size([])
    """

    soft_targets = True

    def forward(self, logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """See :class:`PixelWeightedLoss`."""
        difference = (at_least_float32(logits).softmax(dim=1) - target.detach()).square()
        if weight is not None:
            difference = weight.detach()[:, None] * difference
        return self.loss_weight * difference.mean()
