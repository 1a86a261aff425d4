"""Decode heads that give more than the logits of one classifier."""

from collections.abc import Mapping

from torch import Tensor


class MultiOutputHead:
    """Mixin of decode heads whose forward pass returns ``dict[str, Tensor]``.

    A class puts it before its base: ``class DepthHead(MultiOutputHead, BaseDecodeHead)``.

    Attributes:
        classifiers (tuple[str, ...]): Names of the outputs that are logits (N, C, h, w) of the classes, ``main`` among
            them. Objectives with a loss per classifier read these. Other outputs, such as depth, have any shape and
            are read by the objectives that name them (``step.outputs(view)['depth']``).
    """

    classifiers: tuple[str, ...] = ('main',)

    def fuse(self, logits: Mapping[str, Tensor]) -> Tensor:
        """Return the probabilities (N, C, h, w) that all classifiers give together; here those of ``main``.

        Args:
            logits (Mapping[str, Tensor]): (N, C, h, w) per classifier.
        """
        return logits['main'].softmax(dim=1)
