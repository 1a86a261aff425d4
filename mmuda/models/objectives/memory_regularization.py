"""Agreement of two classifiers on unlabeled images."""

from typing import Any

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses import MemoryRegularizationLoss
from mmuda.models.objectives.objective import Objective, two_classifiers
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class MemoryRegularization(Objective):
    """Memory regularization in vivo (Zheng and Yang, IJCAI 2020, Sec. 3.3).

    Args:
        weight (float): Defaults to 0.1.
        aux_weight (float): Weight of the auxiliary logits in the fused target. Defaults to 0.5.
        view (str): Defaults to ``target``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`. The published code begins at iteration
            15000 of 25000.
    """

    default_name = 'memory'
    needs_two_classifiers = True

    def __init__(
        self,
        weight: float = 0.1,
        aux_weight: float = 0.5,
        view: str = 'target',
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.loss = MemoryRegularizationLoss(aux_weight=aux_weight, loss_weight=weight)
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss``."""
        return dict(loss=self.loss(*two_classifiers(step, self.view, self.name)))
