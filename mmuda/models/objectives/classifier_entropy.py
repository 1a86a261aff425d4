"""Low entropy of each classifier on unlabeled images."""

from typing import Any

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses import EntropyLoss
from mmuda.models.objectives.classifier_objective import ClassifierObjective
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class ClassifierEntropy(ClassifierObjective):
    """Mean normalized entropy of each classifier's prediction: MinEnt of ADVENT (Vu et al., CVPR 2019, Sec. 3.2).

    :class:`EntropyMinimization` is another term, of MRNet: of the fused prediction of two classifiers, weighted by its
    confidence.

    Args:
        weights (dict): Weight of each classifier's loss, ``dict(main=1e-3)`` say.
        view (str): Defaults to ``target``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.
    """

    default_name = 'entropy'

    def __init__(self, weights: dict[str, float], view: str = 'target', **common: Any) -> None:
        super().__init__(weights, **common)
        self.loss = EntropyLoss()
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<classifier>`` for each classifier."""
        return self.per_classifier(step.logits(self.view), self.loss)
