"""Supervision by pseudo labels, rectified by the disagreement of two classifiers."""

from typing import Any

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses.stock_loss import special_loss
from mmuda.models.objectives.objective import Objective, two_classifiers
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class RectifiedSupervision(Objective):
    """Pseudo-label loss weighted down where the classifiers disagree (Zheng and Yang, IJCV 2021).

    Args:
        loss (dict): Config of a loss called as ``loss(aux, main, labels, class_weight=...)`` that
            returns one weighted loss per classifier. Defaults to ``RectifiedLoss``.
        class_weights (dict, optional): As in :class:`Supervision`.
        view (str): The view with pseudo labels. Defaults to ``labeled``.
        plane (str, optional): Plane of the view that holds the labels, such as ``mean_label`` of
            ``MeanStdPassLabeler``, which the pipeline reads with ``LoadPlanes`` and packs with ``PackPlanes``. Defaults
            to None: the labels themselves.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.
    """

    default_name = 'rectified'
    needs_two_classifiers = True

    def __init__(
        self,
        loss: dict | None = None,
        class_weights: dict | None = None,
        view: str = 'labeled',
        plane: str | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.loss = special_loss(loss or dict(type='RectifiedLoss'), self.name, 'loss(aux, main, labels)')
        self.class_weights = MODELS.build(class_weights) if class_weights else None
        self.view = view
        self.plane = plane
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_aux`` and ``loss_main``."""
        aux, main = two_classifiers(step, self.view, self.name)
        labels = step.labels(self.view) if self.plane is None else step.planes(self.view, self.plane)[:, 0].long()
        class_weight = self.class_weights(labels) if self.class_weights is not None else None
        return {f'loss_{key}': value for key, value in self.loss(aux, main, labels, class_weight=class_weight).items()}
