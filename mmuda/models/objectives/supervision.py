"""Supervised loss on a labeled view."""

from typing import Any

from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.losses.label_grid import label_grid
from mmuda.models.losses.stock_loss import supervised_loss
from mmuda.models.objectives.classifier_objective import ClassifierObjective
from mmuda.models.segmentors.step import Step

RESOLUTIONS = ('images', 'logits')


@MODELS.register_module()
class Supervision(ClassifierObjective):
    """Supervised loss of every classifier on a labeled view.

    Args:
        view (str): ``source`` for source images, ``labeled`` for target images with pseudo labels, ``pool`` for both
            in a pool; also the name of the objective, where ``name`` gives no other.
        loss (dict, optional): Config of a loss called as ``loss(logits, labels, class_weight=...)``. Defaults to
            ``PixelCrossEntropyLoss``, the mean over the labeled pixels. ``HardPixelCrossEntropyLoss`` and
            MMSegmentation's ``CrossEntropyLoss``, ``DiceLoss``, ``FocalLoss``, ``LovaszLoss`` and
            ``OhemCrossEntropy`` work, too.
        class_weights (dict, optional): Config of a module that turns labels (N, H, W) into class
            weights (C,), e.g. ``ClassBalanceWeights``; called once per iteration. Defaults to None.
        resolution (str): ``images``: logits are resized to the images. ``logits``: they are not, and each cell has the
            label of the pixel at its middle, see :func:`~mmuda.models.losses.label_grid.label_grid`: the loss of CBST
            (Zou et al., ECCV 2018) as its code has it. Mirrored images are then known by ``flip_direction``; crops by
            ``RareClassCrop`` with ``mirror_label_grid=False``, its default. Defaults to ``images``.
        weights (dict, optional): Weight of each classifier's loss. Defaults to 0.5 of ``aux`` and 1 of ``main``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.

    Raises:
        ValueError: If ``resolution`` is unknown; in a step with ``resolution='logits'``, if the size of the images is
            no multiple of that of the logits.

    Example of a config:
        >>> dict(type='Supervision', view='source', class_weights=dict(type='ClassBalanceWeights'))
    """

    def __init__(
        self,
        view: str,
        loss: dict | None = None,
        class_weights: dict | None = None,
        resolution: str = 'images',
        weights: dict[str, float] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(weights, **dict(dict(name=view), **common))
        if resolution not in RESOLUTIONS:
            raise ValueError(f'objective {self.name!r}: resolution must be one of {RESOLUTIONS}, got {resolution!r}')
        self.loss = supervised_loss(
            loss or dict(type='PixelCrossEntropyLoss'), self.name, class_weights=bool(class_weights)
        )
        self.class_weights = MODELS.build(class_weights) if class_weights else None
        self.resolution = resolution
        self.view = view
        self.views = (view,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<classifier>`` for each classifier."""
        logits = step.logits(self.view) if self.resolution == 'images' else step.unresized_logits(self.view)
        labels = step.labels(self.view)
        class_weight = self.class_weights(labels) if self.class_weights is not None else None
        return self.per_classifier(
            logits, lambda values: self.loss(values, self._labels_of(values, labels, step), class_weight=class_weight)
        )

    def _labels_of(self, logits: Tensor, labels: Tensor, step: Step) -> Tensor:
        """Labels at the resolution of the logits."""
        if self.resolution == 'images':
            return labels
        flipped = [sample.metainfo.get('flip_direction') == 'horizontal' for sample in step.data_samples[self.view]]
        return label_grid(labels, logits.shape[2:], flipped)
