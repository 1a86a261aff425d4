"""Supervision by soft pseudo labels, and by the hard labels of the source."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.structures import BaseDataElement
from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses.stock_loss import special_loss
from mmuda.models.objectives.classifier_objective import ClassifierObjective
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class SoftLabelSupervision(ClassifierObjective):
    """Cross entropy of every classifier with probabilities as labels: LRENT.

    Target samples bring their labels as ``gt_soft_seg`` (C, H, W), all zeros where a pixel is not labeled; the
    transform ``PackSoftLabels`` makes them. Those of the source are the one-hot form of ``gt_sem_seg``. The mean is
    over the labeled pixels of the batch. Zou et al., "Confidence Regularized Self-Training", ICCV 2019.

    Args:
        loss (dict, optional): Config of a loss called as ``loss(logits, target)``. Defaults to
            ``SoftCrossEntropyLoss``.
        weights (dict, optional): Weight of each classifier's loss. Defaults to 0.5 of ``aux`` and 1 of ``main``.
        view (str): Defaults to ``pool``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.

    Raises:
        KeyError: In a step, if a target sample has no soft label.
        ValueError: In a step, if it is of another shape than the logits.
    """

    default_name = 'pool'

    def __init__(
        self,
        loss: dict | None = None,
        weights: dict[str, float] | None = None,
        view: str = 'pool',
        **common: Any,
    ) -> None:
        super().__init__(weights, **common)
        self.loss = special_loss(loss or dict(type='SoftCrossEntropyLoss'), self.name, 'loss(logits, probabilities)')
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<classifier>`` for each classifier."""
        logits = step.logits(self.view)
        target = self._targets(step.labels(self.view), step.data_samples[self.view], logits['main'].shape[1:])
        return self.per_classifier(logits, lambda values: self.loss(values, target))

    def _targets(self, labels: Tensor, samples: Sequence[BaseDataElement], shape: Sequence[int]) -> Tensor:
        """Return the labels (N, C, H, W) of all samples."""
        targets = []
        for label, sample in zip(labels, samples):
            if 'gt_soft_seg' not in sample:
                if sample.metainfo.get('domain') == 'target':
                    raise KeyError(
                        f'objective {self.name!r}: the target sample {sample.metainfo.get("img_path")} has '
                        'no soft label (gt_soft_seg): end the pipeline of the target with PackSoftLabels'
                    )
                targets.append(one_hot(label, shape[0]))
            elif sample.gt_soft_seg.data.shape != tuple(shape):
                raise ValueError(
                    f'objective {self.name!r}: the soft label of {sample.metainfo.get("img_path")} is '
                    f'{tuple(sample.gt_soft_seg.data.shape)}, the logits are {tuple(shape)}'
                )
            else:
                targets.append(sample.gt_soft_seg.data)
        return torch.stack(targets)


def one_hot(label: Tensor, num_classes: int) -> Tensor:
    """One-hot form (C, H, W), float32, of a label (H, W), int64; ids that are no class give zeros."""
    known = (label >= 0) & (label < num_classes)
    zeros = torch.zeros(num_classes, *label.shape, device=label.device)
    return zeros.scatter_(0, label.where(known, 0)[None], known[None].float())
