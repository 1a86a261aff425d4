"""A forward pass for the sake of BatchNorm's running statistics."""

from typing import Any

import torch
from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.objectives.objective import Objective
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class BatchNormUpdate(Objective):
    """Let a view move the running statistics of BatchNorm; no loss.

    The second stage of MRNet passes unlabeled target crops through the network in every iteration,
    although no loss may read them: they count in the statistics used at test time. List it after the
    objectives that may use the view: where one of them has already passed it through the student,
    nothing is left to do.

    Args:
        view (str): Defaults to ``target``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.
    """

    default_name = 'batch_norm'
    gives_loss = False

    def __init__(self, view: str = 'target', **common: Any) -> None:
        super().__init__(**common)
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return nothing."""
        if not step.has_passed(self.view):
            with torch.no_grad():
                step.student.extract_feat(step.images(self.view))
        return {}
