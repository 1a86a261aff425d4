import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32


@MODELS.register_module()
class MemoryRegularizationLoss(nn.Module):
    """Disagreement of two classifiers with their own mean prediction.

    ``mean_pixels(KL(M || softmax(aux)) + KL(M || softmax(main)))`` with the fused prediction
    ``M = softmax(aux_weight * aux + main)`` taken as a constant, so that each classifier is pulled
    toward the pair ("memory"). Zheng and Yang, "Unsupervised Scene Adaptation with Memory
    Regularization in vivo", IJCAI 2020, Sec. 3.3, in the form of the published code (the paper
    writes a symmetric KL divergence between the two classifiers instead).

    Args:
        aux_weight (float): Weight of the auxiliary logits in the fused prediction.
            Defaults to 0.5.
        loss_weight (float): Factor on the result. Defaults to 0.1.

    Shape:
        aux, main: (N, C, H, W) logits of the two classifiers. Result: scalar >= 0.

    Example:
        >>> loss = MemoryRegularizationLoss()
        >>> aux, main = torch.randn(2, 1, 19, 4, 4)
        >>> loss(aux, main).shape
        torch.Size([])
    """

    def __init__(self, aux_weight: float = 0.5, loss_weight: float = 0.1) -> None:
        super().__init__()
        self.aux_weight = aux_weight
        self.loss_weight = loss_weight

    def forward(self, aux: Tensor, main: Tensor) -> Tensor:
        """Return the loss; gradients flow into both classifiers, not through their fusion."""
        aux, main = at_least_float32(aux), at_least_float32(main)
        with torch.no_grad():
            log_memory = F.log_softmax(self.aux_weight * aux + main, dim=1)
            memory = log_memory.exp()
        of_aux, of_main = ((memory * (log_memory - F.log_softmax(logits, dim=1))).sum(1) for logits in (aux, main))
        return self.loss_weight * (of_aux + of_main).mean()
