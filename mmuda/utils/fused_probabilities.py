"""The one prediction of a head, whether it has one classifier or several."""

from collections.abc import Mapping

from torch import Tensor, nn


class FusingHead:
    """Base of the decode heads with several outputs: says how their classifiers make one prediction.

    :class:`mmuda.models.decode_heads.MultiOutputHead` derives from it; it stands here for what knows no models.
    """

    def fuse(self, logits: Mapping[str, Tensor]) -> Tensor:
        """Return the probabilities (N, C, h, w) that all classifiers give together; here those of ``main``.

        Args:
            logits (Mapping[str, Tensor]): (N, C, h, w) per classifier.
        """
        return logits['main'].softmax(dim=1)


def fused_probabilities(head: nn.Module, logits: Tensor | Mapping[str, Tensor]) -> Tensor:
    """Return the class probabilities (N, C, h, w) that a decode head predicts with.

    Args:
        head (nn.Module): Decode head. One that does not fuse has one classifier, ``main``; an auxiliary head beside it
            is not asked, as in prediction.
        logits (Tensor or Mapping[str, Tensor]): What the head gives: logits (N, C, h, w), of several classifiers by
            name.

    Example:
        >>> fused_probabilities(nn.Identity(), torch.zeros(1, 2, 1, 1)).flatten().tolist()
        [0.5, 0.5]
    """
    if isinstance(logits, Tensor):
        return logits.softmax(dim=1)
    return head.fuse(logits) if isinstance(head, FusingHead) else logits['main'].softmax(dim=1)
