import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.labeled_mean import mean_over_labeled
from mmuda.models.losses.precision import at_least_float32


def model_kl_regularization(logits: Tensor, labeled: Tensor, sample_weight: Tensor) -> Tensor:
    """Pull predictions toward the uniform distribution.

    ``sum_i w_i sum_x (-1/C sum_c log p_c)``, over the labeled pixels x of sample i, divided by the number of labeled
    pixels of the samples with ``w_i != 0``; 0 if there is none.

    Args:
        logits (Tensor): (N, C, H, W).
        labeled (Tensor): (N, H, W) bool.
        sample_weight (Tensor): (N,) weights w.

    Returns:
        Tensor: Scalar.
    """
    sample_weight = sample_weight.to(logits)[:, None, None]
    pixel_loss = -F.log_softmax(logits, dim=1).mean(1)
    return mean_over_labeled(sample_weight * pixel_loss, labeled & (sample_weight != 0))


@MODELS.register_module()
class ModelRegularizationLoss(nn.Module):
    """KL divergence of the prediction from the uniform distribution, up to a constant: MRKLD.

    The model regularization of Zou et al., "Confidence Regularized Self-Training", ICCV 2019, added to the cross
    entropy. Only labeled pixels of target samples are regularized. The published code multiplies by the weight twice,
    so that 0.1 acts as 0.01, with which its results were made; the paper states 0.1.

    Several processes: see :func:`~mmuda.models.losses.labeled_mean.mean_over_labeled`.

    Args:
        weight (float): Weight alpha of the regularizer. Defaults to 0.1.
        applied_twice (bool): Multiply by ``weight ** 2``, as published; False for the paper's form. Defaults to True.
        ignore_index (int): Label without supervision. Defaults to 255.

    Shape:
        logits: (N, C, H, W). labels: (N, H, W) class ids. is_target: (N,) bool, or None if all samples are of the
        target. Result: scalar >= 0.

    Example:
        >>> import torch
        >>> loss = ModelRegularizationLoss()
        >>> loss(torch.randn(2, 19, 4, 4), torch.randint(19, (2, 4, 4)), torch.tensor([False, True])).shape
        torch.Size([])
    """

    def __init__(self, weight: float = 0.1, applied_twice: bool = True, ignore_index: int = 255) -> None:
        super().__init__()
        self.weight = weight
        self.applied_twice = applied_twice
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, labels: Tensor, is_target: Tensor | None = None) -> Tensor:
        """Return the weighted regularizer."""
        logits = at_least_float32(logits)
        if is_target is None:
            is_target = labels.new_ones(len(labels))
        factor = self.weight**2 if self.applied_twice else self.weight
        return factor * model_kl_regularization(logits, labels != self.ignore_index, is_target.bool())
