"""Density of depth, learned from a fitted density and the network's own classes."""

from typing import Any

import torch
from mmseg.registry import MODELS, TASK_UTILS
from torch import Tensor

from mmuda.models.density import DensityModel
from mmuda.models.objectives.objective import Objective
from mmuda.models.segmentors.single_channel_output import single_channel_output
from mmuda.models.segmentors.step import Step
from mmuda.utils.nearest_grid import nearest_grid


@MODELS.register_module()
class DensityBalance(Objective):
    """Regression of how common the depth of each cell is for the class that the network gives it.

    The branch balance loss of Depth Distribution (Wu and Liu, NeurIPS 2022), at the resolution of the outputs. The
    class of a cell is always the predicted one. On a labeled view its depth is the true one where the label is that
    class, else 0, at which the density is evaluated all the same; on an unlabeled view it is the predicted depth, and
    where that is not positive the density is 0. The target has no gradient.

    True classes and depth are sampled from the planes as Pillow's nearest neighbor does it; planes that have the
    resolution of the outputs already are taken as they are.

    Args:
        density (dict): Config of a :class:`~mmuda.models.density.DensityModel`.
        weight (float): Factor on the loss.
        view (str): Defaults to ``target``.
        depth (str, optional): Plane of the view with the true inverse depth (N, 1, H, W). Defaults to None: the depth
            is the predicted one.
        labels (str, optional): Plane with the true classes (N, 1, H, W), where ``depth`` has another size than the
            labels of the view. Defaults to None: the labels of the view.
        loss (dict, optional): Config of a loss of two tensors of one shape. Defaults to ``BerHuLoss``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.

    Raises:
        ValueError: If ``density`` is of another kind, or ``labels`` are given without ``depth``; in a step, if the head
            has no outputs ``density`` and ``depth``.
    """

    default_name = 'balance'

    def __init__(
        self,
        density: dict,
        weight: float,
        view: str = 'target',
        depth: str | None = None,
        labels: str | None = None,
        loss: dict | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**dict(dict(name=f'{self.default_name}_{view}'), **common))
        self.density = TASK_UTILS.build(density)
        if not isinstance(self.density, DensityModel):
            raise ValueError(
                f'objective {self.name!r}: density is a {type(self.density).__name__}, expected the config of a '
                'DensityModel'
            )
        if labels is not None and depth is None:
            raise ValueError(f'objective {self.name!r}: labels={labels!r} need `depth`, the plane of the true depth')
        self.weight = weight
        self.depth = depth
        self.labels = labels
        self.loss = MODELS.build(loss or dict(type='BerHuLoss'))
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss``."""
        predicted = single_channel_output(step, self.view, 'density')
        return dict(loss=self.weight * self.loss(predicted, self.target(step)[:, None]))

    @torch.no_grad()
    def target(self, step: Step) -> Tensor:
        """The density that is to be learned, (N, h, w), in [0, 255]."""
        logits = step.unresized_logits(self.view)['main']
        classes = logits.argmax(dim=1)
        if self.depth is None:
            depth = single_channel_output(step, self.view, 'depth')[:, 0]
            density = self.density(classes, depth)
            return density.where(depth > 0, 0)
        size = logits.shape[2:]
        labels = step.labels(self.view) if self.labels is None else step.planes(self.view, self.labels)[:, 0]
        depth = nearest_grid(step.planes(self.view, self.depth)[:, 0], size)
        return self.density(classes, depth.where(nearest_grid(labels, size) == classes, 0))
