"""The one prediction of a head, whether it has one classifier or several."""

from collections.abc import Mapping

from torch import Tensor, nn


class FusingHead:
    """Base of the decode heads with several outputs: says how their classifiers make one prediction.

    :class:`mmuda.models.decode_heads.MultiOutputHead` derives from it; it stands here for what knows no models.

    Attributes:
        resizes_probabilities (bool): Whether prediction resizes what :meth:`fuse` returns, and not logits. What is
            resized linearly can be averaged before. Defaults to False.
    """

    resizes_probabilities: bool = False

    def fuse(self, logits: Mapping[str, Tensor]) -> Tensor:
        """Return the probabilities (N, C, h, w) that all classifiers give together; here those of ``main``.

        Args:
            logits (Mapping[str, Tensor]): (N, C, h, w) per classifier.
        """
        return logits['main'].softmax(dim=1)


def resizes_probabilities(head: nn.Module) -> bool:
    """Whether a decode head predicts by resizing probabilities, see :class:`FusingHead`; stock heads resize logits."""
    return isinstance(head, FusingHead) and head.resizes_probabilities


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
