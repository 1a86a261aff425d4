"""Density of depth, learned from a fitted density and the network's own classes."""

from typing import Any

import torch
from mmseg.registry import MODELS, TASK_UTILS
from torch import Tensor

from mmuda.models.density import DensityModel
from mmuda.models.objectives.objective import Objective
from mmuda.models.segmentors.single_channel_output import single_channel_output
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class DensityBalance(Objective):
    """Regression of how common the depth of each cell is for the class that the network gives it.

    The branch balance loss of Depth Distribution (Wu and Liu, NeurIPS 2022), at the resolution of the outputs. The
    class of a cell is always the predicted one. On a labeled view its depth is the true one where the label is that
    class, else 0, at which the density is evaluated all the same; on an unlabeled view it is the predicted depth, and
    where that is not positive the density is 0. The target has no gradient.

    Args:
        density (dict): Config of a :class:`~mmuda.models.density.DensityModel`.
        weight (float): Factor on the loss.
        view (str): Defaults to ``target``.
        depth, labels (str, optional): Planes (N, 1, h, w) of the view at the resolution of the outputs, with the true
            inverse depth and the true classes. Default to None: the depth is the predicted one.
        loss (dict, optional): Config of a loss of two tensors of one shape. Defaults to ``BerHuLoss``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.

    Raises:
        ValueError: If ``density`` is of another kind, or only one of ``depth`` and ``labels`` is given; in a step, if
            the head has no outputs ``density`` and ``depth``, or a plane has another size than they.
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
        if (labels is None) != (depth is None):
            raise ValueError(
                f'objective {self.name!r}: depth={depth!r} and labels={labels!r} are planes that go together: give '
                'both, or none to take the predicted depth'
            )
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
        classes = step.unresized_logits(self.view)['main'].argmax(dim=1)
        if self.depth is None or self.labels is None:
            depth = single_channel_output(step, self.view, 'depth')[:, 0]
            return self.density(classes, depth).where(depth > 0, 0)
        depth, labels = (self._plane(step, name, classes.shape) for name in (self.depth, self.labels))
        return self.density(classes, depth.where(labels == classes, 0))

    def _plane(self, step: Step, name: str, shape: torch.Size) -> Tensor:
        values = step.planes(self.view, name)[:, 0]
        if values.shape != shape:
            raise ValueError(
                f'objective {self.name!r}: the plane {name!r} of the view {self.view!r} has (height, width) = '
                f'{tuple(values.shape[1:])}, the outputs of the head {tuple(shape[1:])}: sample it in the pipeline at '
                'that grid'
            )
        return values
