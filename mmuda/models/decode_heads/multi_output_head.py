"""Decode heads that give more than the logits of one classifier."""

from mmuda.utils.fused_probabilities import FusingHead


class MultiOutputHead(FusingHead):
    """Mixin of decode heads whose forward pass returns ``dict[str, Tensor]``.

    A class puts it before its base: ``class DepthHead(MultiOutputHead, BaseDecodeHead)``. :meth:`fuse` makes one
    prediction of its classifiers: that of ``main``, unless the class says otherwise.

    Attributes:
        classifiers (tuple[str, ...]): Names of the outputs that are logits (N, C, h, w) of the classes, ``main`` among
            them. Objectives with a loss per classifier read these. Other outputs, such as depth, have any shape and
            are read by the objectives that name them (``step.outputs(view)['depth']``).
    """

    classifiers: tuple[str, ...] = ('main',)
