import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32


def head_kl(logits: Tensor, other: Tensor) -> Tensor:
    """Per-pixel ``KL(softmax(other) || softmax(logits))``, differentiable in both arguments.

    Written with log-softmax, so that value and gradient stay finite where a softmax underflows.

    Args:
        logits (Tensor): (N, C, H, W), logits of the classifier that is judged.
        other (Tensor): (N, C, H, W), logits of the other classifier.

    Returns:
        Tensor: (N, H, W), >= 0, in nats.
    """
    log_q = F.log_softmax(logits, dim=1)
    log_p = F.log_softmax(other, dim=1)
    return (log_p.exp() * (log_p - log_q)).sum(1)


def rectified_loss(
    logits: Tensor, other: Tensor, target: Tensor, class_weight: Tensor | None = None, ignore_index: int = 255
) -> tuple[Tensor, Tensor]:
    """Variance-rectified cross entropy of one classifier.

    ``mean(W_y * CE * exp(-V)) + mean(V)`` with the variance ``V = KL(softmax(other) || softmax(logits))``.
    Both means run over all pixels: ignored ones contribute V only, and the class weights are
    not normalized. Nothing is detached.

    Args:
        logits (Tensor): (N, C, H, W), logits of the classifier that is trained.
        other (Tensor): (N, C, H, W), logits of the other classifier.
        target (Tensor): (N, H, W), class ids (any integer type).
        class_weight (Tensor, optional): (C,). Defaults to None: all ones.
        ignore_index (int): Label without supervision. Defaults to 255.

    Returns:
        tuple[Tensor, Tensor]: The scalar loss and the variance (N, H, W).
    """
    if class_weight is not None:
        class_weight = class_weight.to(logits)
    cross_entropy = F.cross_entropy(
        logits, target.long(), weight=class_weight, ignore_index=ignore_index, reduction='none'
    )
    variance = head_kl(logits, other)
    return (cross_entropy * (-variance).exp()).mean() + variance.mean(), variance


@MODELS.register_module()
class RectifiedLoss(nn.Module):
    """Cross entropy on noisy labels, rectified by the disagreement of two classifiers.

    Zheng and Yang, "Rectifying Pseudo Label Learning via Uncertainty Estimation for Domain
    Adaptive Semantic Segmentation", IJCV 2021, Eq. 7-10, in the form of the published code: each
    classifier is judged by the other (the paper uses one direction for both), class-weighted,
    without normalization by the weights. See :func:`rectified_loss`.

    Args:
        aux_weight (float): Weight of the auxiliary classifier's loss; the primary one has
            weight 1. Defaults to 0.5.
        ignore_index (int): Label without supervision. Defaults to 255.

    Shape:
        aux, main: (N, C, H, W) logits. target: (N, H, W) class ids. class_weight: (C,) or None.
        Result: ``dict(aux=scalar, main=scalar)``, already multiplied by the classifiers' weights,
        so that their sum is the loss to minimize.

    Example:
        >>> import torch
        >>> loss = RectifiedLoss()
        >>> aux, main = torch.randn(2, 1, 19, 4, 4)
        >>> sorted(loss(aux, main, torch.randint(19, (1, 4, 4))))
        ['aux', 'main']
    """

    def __init__(self, aux_weight: float = 0.5, ignore_index: int = 255) -> None:
        super().__init__()
        self.aux_weight = aux_weight
        self.ignore_index = ignore_index

    def forward(
        self, aux: Tensor, main: Tensor, target: Tensor, class_weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return the weighted losses of the auxiliary and the primary classifier."""
        aux, main = at_least_float32(aux), at_least_float32(main)
        aux_loss, _ = rectified_loss(aux, main, target, class_weight, self.ignore_index)
        main_loss, _ = rectified_loss(main, aux, target, class_weight, self.ignore_index)
        return dict(aux=self.aux_weight * aux_loss, main=main_loss)
