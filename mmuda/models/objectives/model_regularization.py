"""Less confident predictions on pseudo-labeled pixels."""

from typing import Any

import torch
from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses.stock_loss import special_loss
from mmuda.models.objectives.classifier_objective import ClassifierObjective
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class ModelRegularization(ClassifierObjective):
    """Pull the predictions of labeled target pixels toward the uniform distribution: MRKLD.

    Stands beside a supervised objective on the same view. Samples of the source are left alone: which
    are of the target says their meta information ``domain``, which :class:`~mmuda.datasets.PoolDataset` sets. Zou et
    al., "Confidence Regularized Self-Training", ICCV 2019.

    Args:
        loss (dict, optional): Config of a loss called as ``loss(logits, labels, is_target)``. Defaults to
            ``ModelRegularizationLoss`` with its defaults: 0.1, applied twice as published.
        weights (dict, optional): Weight of each classifier's loss. Defaults to 0.5 of ``aux`` and 1 of ``main``.
        view (str): Defaults to ``pool``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.

    Raises:
        KeyError: In a step, if a sample does not say of which domain it is.
    """

    default_name = 'model_regularization'

    def __init__(
        self,
        loss: dict | None = None,
        weights: dict[str, float] | None = None,
        view: str = 'pool',
        **common: Any,
    ) -> None:
        super().__init__(weights, **common)
        self.loss = special_loss(
            loss or dict(type='ModelRegularizationLoss'), self.name, 'loss(logits, labels, is_target)'
        )
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<classifier>`` for each classifier."""
        logits, labels = step.logits(self.view), step.labels(self.view)
        samples = step.data_samples[self.view]
        if any('domain' not in sample.metainfo for sample in samples):
            raise KeyError(
                f'objective {self.name!r}: samples of the view {self.view!r} do not say whether they are of '
                'source or target (`domain`): train on a PoolDataset'
            )
        is_target = torch.tensor([sample.domain == 'target' for sample in samples], device=labels.device)
        return self.per_classifier(logits, lambda values: self.loss(values, labels, is_target))
