"""The one prediction of a head, whether it has one classifier or several."""

from collections.abc import Mapping

from torch import Tensor, nn


def fused_probabilities(head: nn.Module, logits: Tensor | Mapping[str, Tensor]) -> Tensor:
    """Return the class probabilities (N, C, H, W) that a head predicts with.

    Args:
        head (nn.Module): A decode head. One that gives logits by name says in its method ``fuse`` how its classifiers
            make one prediction.
        logits (Tensor or Mapping[str, Tensor]): What the head gives: logits (N, C, H, W), of several classifiers by
            name.

    Example:
        >>> fused_probabilities(nn.Identity(), torch.zeros(1, 2, 1, 1)).flatten().tolist()
        [0.5, 0.5]
    """
    return logits.softmax(dim=1) if isinstance(logits, Tensor) else head.fuse(logits)
