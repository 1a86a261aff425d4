"""Supervision by classes that pixels do not have."""

from typing import Any

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.objectives.classifier_objective import ClassifierObjective
from mmuda.models.segmentors.step import Step
from mmuda.pseudo_labels.planes import IGNORE_INDEX


@MODELS.register_module()
class NegativeSupervision(ClassifierObjective):
    """Negative labels of the pixels that have no positive one, of every classifier.

    The masks are a plane of the view, such as ``NegativePassLabeler`` makes: the pipeline reads it with
    ``dict(type='LoadPlanes', names=['negative'])`` and packs it with ``PackPlanes``. It is one line beside other
    objectives, those of MRNet or ClassMix.

    Args:
        view (str): The view with labels and masks. Defaults to ``labeled``.
        plane (str): Name of the masks. Defaults to ``negative``.
        loss (dict, optional): Config of a loss called as ``loss(logits, negative)``. Defaults to
            ``NegativeLearningLoss``.
        weights (dict, optional): Weight of each classifier's loss. Defaults to 0.5 of ``aux`` and 1 of ``main``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.

    Raises:
        ValueError: In a step, if the masks are of another number of classes than the student has.
        KeyError: In a step, if the view has no such plane.
    """

    default_name = 'negative'

    def __init__(
        self,
        view: str = 'labeled',
        plane: str = 'negative',
        loss: dict | None = None,
        weights: dict[str, float] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(weights, **common)
        self.loss = MODELS.build(loss or dict(type='NegativeLearningLoss'))
        self.view = view
        self.plane = plane
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<classifier>`` for each classifier."""
        logits, negative = step.logits(self.view), step.planes(self.view, self.plane)
        for classifier, values in logits.items():
            if values.shape[1] != negative.shape[1]:
                raise ValueError(
                    f'objective {self.name!r}: the plane {self.plane!r} of the view {self.view!r} has masks of '
                    f'{negative.shape[1]} classes, the classifier {classifier} {values.shape[1]}: the store was made '
                    'for another list of classes, label again'
                )
        without_label = step.labels(self.view) == IGNORE_INDEX
        excluded = negative & without_label[:, None]
        return self.per_classifier(logits, lambda values: self.loss(values, excluded))
