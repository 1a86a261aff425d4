"""Supervised cross entropy at the resolution of the logits."""

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses.label_grid import label_grid
from mmuda.models.losses.stock_loss import supervised_loss
from mmuda.models.objectives.classifier_weights import classifier_weights
from mmuda.models.objectives.objective import Objective
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class GridSupervision(Objective):
    """Supervised loss of every classifier at its cells: the logits are not resized.

    A cell has the label of the pixel at its middle, see :func:`~mmuda.models.losses.label_grid.label_grid`. The loss
    of CBST (Zou et al., ECCV 2018) as its code has it. Mirrored images are known by ``flip_direction``; crops by
    ``RareClassCrop`` with ``mirror_label_grid=False``, its default.

    Args:
        loss (dict, optional): Config of a loss called as ``loss(logits, labels)``. Defaults to the mean cross
            entropy of the labeled cells, 0 without any.
        weights (dict, optional): Weight of each classifier's loss. Defaults to 0.5 of ``aux`` and 1 of ``main``.
        view (str): Defaults to ``pool``.

    Raises:
        ValueError: In a step, if the size of the images is no multiple of that of the logits.
    """

    def __init__(
        self,
        loss: dict | None = None,
        weights: dict[str, float] | None = None,
        view: str = 'pool',
        name: str = 'pool',
        begin: int | float = 0,
        end: int | float | None = None,
    ) -> None:
        super().__init__(name, begin, end)
        self.loss = supervised_loss(loss or dict(type='HardPixelCrossEntropyLoss', percentile=None), name)
        self.weights = weights
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<classifier>`` for each classifier."""
        logits, labels = step.unresized_logits(self.view), step.labels(self.view)
        flipped = [sample.metainfo.get('flip_direction') == 'horizontal' for sample in step.data_samples[self.view]]
        return {
            f'loss_{name}': weight * self.loss(logits[name], label_grid(labels, logits[name].shape[2:], flipped))
            for name, weight in classifier_weights(self.weights, logits, self.name).items()
        }
