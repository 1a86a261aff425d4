"""Low entropy of the fused prediction on unlabeled images."""

from typing import Any

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses import ConfidentEntropyLoss
from mmuda.models.objectives.objective import Objective, two_classifiers
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class EntropyMinimization(Objective):
    """Entropy of the fused prediction, weighted by its own confidence.

    An option of MRNet's published code that all published runs leave at weight 0.

    Args:
        weight (float): Factor on the loss.
        aux_weight (float): Weight of the auxiliary logits in the fused prediction. Defaults to 0.5.
        view (str): Defaults to ``target``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.
    """

    default_name = 'entropy'
    needs_two_classifiers = True

    def __init__(
        self,
        weight: float,
        aux_weight: float = 0.5,
        view: str = 'target',
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.loss = ConfidentEntropyLoss(aux_weight=aux_weight, loss_weight=weight)
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss``."""
        return dict(loss=self.loss(*two_classifiers(step, self.view, self.name)))
