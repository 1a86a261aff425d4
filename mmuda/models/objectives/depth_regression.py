"""Depth that the source has, learned beside the classes."""

from typing import Any

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.objectives.objective import Objective
from mmuda.models.segmentors.single_channel_output import single_channel_output
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class DepthRegression(Objective):
    """Regression of the inverse depth that a view has, at the size of its images.

    Nothing is masked, neither invalid nor saturated depth, as in DADA (Vu et al., ICCV 2019), CTRL (Saha et al., CVPR
    2021) and Depth Distribution (Wu and Liu, NeurIPS 2022).

    Args:
        weight (float): Factor on the loss.
        loss (dict, optional): Config of a loss of two tensors of one shape. Defaults to ``BerHuLoss``.
        output (str): The output (N, 1, h, w) of the decode head that learns. Defaults to ``depth``.
        plane (str): Plane (N, 1, H, W) of the view, 65536 / (depth in cm + 1). Defaults to ``depth``.
        view (str): Defaults to ``source``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.

    Raises:
        KeyError: In a step, if the view has no such plane.
        ValueError: In a step, if the head has no such output, or the plane another size than the images.
    """

    default_name = 'depth'

    def __init__(
        self,
        weight: float,
        loss: dict | None = None,
        output: str = 'depth',
        plane: str = 'depth',
        view: str = 'source',
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.weight = weight
        self.loss = MODELS.build(loss or dict(type='BerHuLoss'))
        self.output = output
        self.plane = plane
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss``."""
        predicted = step.resize(single_channel_output(step, self.view, self.output), self.view)
        target = step.planes(self.view, self.plane)
        if target.shape != predicted.shape:
            raise ValueError(
                f'objective {self.name!r}: the plane {self.plane!r} of the view {self.view!r} is '
                f'{tuple(target.shape)}, its images need {tuple(predicted.shape)}: let the pipeline resize depth '
                'together with the image'
            )
        return dict(loss=self.weight * self.loss(predicted, target))
