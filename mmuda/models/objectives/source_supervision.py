"""Supervised cross entropy on a labeled view."""

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses.stock_loss import supervised_loss
from mmuda.models.objectives.classifier_weights import classifier_weights
from mmuda.models.objectives.objective import Objective
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class SourceSupervision(Objective):
    """Supervised loss of every classifier on a labeled view.

    Args:
        loss (dict): Config of a loss called as ``loss(logits, labels, class_weight=...)``. Defaults to
            ``HardPixelCrossEntropyLoss`` with its defaults (top 20 % of the pixels). MMSegmentation's
            ``CrossEntropyLoss``, ``DiceLoss``, ``FocalLoss``, ``LovaszLoss`` and ``OhemCrossEntropy`` work, too.
        class_weights (dict, optional): Config of a module that turns labels (N, H, W) into class
            weights (C,), e.g. ``ClassBalanceWeights``; called once per iteration. Defaults to None.
        weights (dict): Weight of each classifier's loss. Entries of classifiers the student does not
            have are an error. Defaults to ``dict(aux=0.5, main=1.)``, restricted to what it has.
        view (str): Defaults to ``source``.
    """

    def __init__(
        self,
        loss: dict | None = None,
        class_weights: dict | None = None,
        weights: dict[str, float] | None = None,
        view: str = 'source',
        name: str = 'source',
        begin: int | float = 0,
        end: int | float | None = None,
    ) -> None:
        super().__init__(name, begin, end)
        self.loss = supervised_loss(
            loss or dict(type='HardPixelCrossEntropyLoss'), name, class_weights=bool(class_weights)
        )
        self.class_weights = MODELS.build(class_weights) if class_weights else None
        self.weights = weights
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<classifier>`` for each classifier."""
        logits, labels = step.logits(self.view), step.labels(self.view)
        weights = classifier_weights(self.weights, logits, self.name)
        class_weight = self.class_weights(labels) if self.class_weights is not None else None
        return {
            f'loss_{name}': weight * self.loss(logits[name], labels, class_weight=class_weight)
            for name, weight in weights.items()
        }
