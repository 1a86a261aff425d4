from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32
from mmuda.models.losses.self_information import weighted_self_information


@MODELS.register_module()
class EntropyLoss(nn.Module):
    """Mean entropy of the pixels, divided by the largest entropy there is.

    ``-sum(p * log2(p)) / (N * H * W * log2(C))``, the direct minimization (MinEnt) of Vu et al., ADVENT, CVPR 2019,
    Eq. 4. All pixels count.

    Shape:
        logits: (N, C, H, W). Result: scalar in [0, 1].

    Example:
        >>> import torch
        >>> EntropyLoss()(torch.zeros(1, 19, 2, 2))
        tensor(1.)
    """

    def forward(self, logits: Tensor) -> Tensor:
        """Return the loss."""
        return weighted_self_information(at_least_float32(logits).softmax(dim=1)).sum(dim=1).mean()
