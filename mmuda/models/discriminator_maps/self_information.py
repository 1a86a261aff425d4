"""Weighted self-information, alone or times another output."""

from collections.abc import Collection
from typing import Any

from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.models.discriminator_maps.discriminator_maps import DiscriminatorMaps
from mmuda.models.losses.self_information import weighted_self_information
from mmuda.models.segmentors.step import Step


@TASK_UTILS.register_module()
class SelfInformation(DiscriminatorMaps):
    """The weighted self-information of each classifier's probabilities, of both domains in the same way.

    AdvEnt (Vu et al., ADVENT, CVPR 2019, Sec. 3.3). With ``factor`` the maps are multiplied by an output of the head
    with one channel: by the inverse depth in DADA (Vu et al., ICCV 2019, Sec. 3.3), by the
    density in Depth Distribution (Wu and Liu, NeurIPS 2022). The factor has a gradient, too.

    Args:
        factor (str, optional): Name of the output, (N, 1, h, w). Defaults to None.
        **common (Any): ``resolution``, see :class:`DiscriminatorMaps`.
    """

    def __init__(self, factor: str | None = None, **common: Any) -> None:
        super().__init__(**common)
        self.factor = factor

    def names(self, classifiers: Collection[str]) -> Collection[str]:
        """See :class:`DiscriminatorMaps`: those of the classifiers."""
        return classifiers

    def channels(self, num_classes: int) -> int:
        """See :class:`DiscriminatorMaps`: one per class."""
        return num_classes

    def real(self, step: Step, view: str, names: Collection[str]) -> dict[str, Tensor]:
        """See :class:`DiscriminatorMaps`."""
        return {name: value.detach() for name, value in self.fake(step, view, names).items()}

    def fake(self, step: Step, view: str, names: Collection[str]) -> dict[str, Tensor]:
        """See :class:`DiscriminatorMaps`."""
        logits = self.logits(step, view)
        maps = {name: weighted_self_information(logits[name].softmax(dim=1)) for name in names}
        if self.factor is None:
            return maps
        factor = self.output(step, view, self.factor)
        return {name: value * factor for name, value in maps.items()}
