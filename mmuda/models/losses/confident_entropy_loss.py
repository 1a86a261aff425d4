import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32


@MODELS.register_module()
class ConfidentEntropyLoss(nn.Module):
    """Entropy of the fused prediction, weighted by its confidence.

    ``mean_pixels(stop_gradient(sum_c M_c^2) * H(M))`` with ``M = softmax(aux_weight * aux + main)``.
    An option of the published MRNet code (Zheng and Yang, IJCAI 2020) that its published runs
    leave off.

    Args:
        aux_weight (float): Weight of the auxiliary logits in the fused prediction.
            Defaults to 0.5.
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Shape:
        aux, main: (N, C, H, W) logits of the two classifiers. Result: scalar in [0, log C].

    Example:
        >>> import torch
        >>> loss = ConfidentEntropyLoss()
        >>> aux, main = torch.randn(2, 1, 19, 4, 4)
        >>> loss(aux, main).shape
        torch.Size([])
    """

    def __init__(self, aux_weight: float = 0.5, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.aux_weight = aux_weight
        self.loss_weight = loss_weight

    def forward(self, aux: Tensor, main: Tensor) -> Tensor:
        """Return the loss; gradients flow through the entropy, not through the confidence."""
        fused = self.aux_weight * at_least_float32(aux) + at_least_float32(main)
        log_prob = F.log_softmax(fused, dim=1)
        prob = log_prob.exp()
        confidence = prob.detach().square().sum(1)
        entropy = -(prob * log_prob).sum(1)
        return self.loss_weight * (confidence * entropy).mean()
