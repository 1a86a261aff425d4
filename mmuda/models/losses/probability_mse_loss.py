from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32


@MODELS.register_module()
class ProbabilityMSELoss(nn.Module):
    """Mean squared difference between predicted and given probabilities.

    The alternative consistency loss of the published code of DACS (Tranheden et al., WACV 2021): the mean is over
    pixels and classes.

    Args:
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Shape:
        logits: (N, C, H, W). probabilities: (N, C, H, W). weight: (N, H, W), or None for 1. Result: scalar >= 0.

    Example:
        >>> loss = ProbabilityMSELoss()
        >>> loss(torch.randn(1, 19, 4, 4), torch.randn(1, 19, 4, 4).softmax(1)).shape
        torch.Size([])
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, logits: Tensor, probabilities: Tensor, weight: Tensor | None = None) -> Tensor:
        """Return the loss; no gradient flows into the given probabilities and weights."""
        difference = (at_least_float32(logits).softmax(dim=1) - probabilities.detach()).square()
        if weight is not None:
            difference = weight.detach()[:, None] * difference
        return self.loss_weight * difference.mean()
