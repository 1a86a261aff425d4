"""Probabilities of each classifier."""

from collections.abc import Collection
from typing import Any

from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.models.discriminator_maps.discriminator_maps import DiscriminatorMaps
from mmuda.models.segmentors.step import Step


@TASK_UTILS.register_module()
class ClassifierProbabilities(DiscriminatorMaps):
    """The probabilities of each classifier; the real ones are those of both together.

    In MRNet the real map of every discriminator is ``softmax(aux_weight * aux + main)`` (Tsai et al., AdaptSegNet,
    CVPR 2018, for the principle). A student with one classifier has those of ``main``.

    Args:
        aux_weight (float): Weight of the auxiliary logits in the real map. Defaults to 0.5.
        **common (Any): ``resolution``, see :class:`DiscriminatorMaps`.
    """

    def __init__(self, aux_weight: float = 0.5, **common: Any) -> None:
        super().__init__(**common)
        self.aux_weight = aux_weight

    def names(self, classifiers: Collection[str]) -> Collection[str]:
        """See :class:`DiscriminatorMaps`: those of the classifiers."""
        return classifiers

    def channels(self, num_classes: int) -> int:
        """See :class:`DiscriminatorMaps`: one per class."""
        return num_classes

    def real(self, step: Step, view: str, names: Collection[str]) -> dict[str, Tensor]:
        """See :class:`DiscriminatorMaps`: the same for every name."""
        logits = self.logits(step, view)
        fused = logits['main'].detach()
        if 'aux' in logits:
            fused = self.aux_weight * logits['aux'].detach() + fused
        return dict.fromkeys(names, fused.softmax(dim=1))

    def fake(self, step: Step, view: str, names: Collection[str]) -> dict[str, Tensor]:
        """See :class:`DiscriminatorMaps`."""
        logits = self.logits(step, view)
        return {name: logits[name].softmax(dim=1) for name in names}
