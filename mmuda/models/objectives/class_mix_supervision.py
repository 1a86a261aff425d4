"""Supervision by mixed images: source classes pasted onto target images with the teacher's labels."""

from typing import Any

import torch
from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.augmentation.class_mix import class_mask, draw_classes, draw_classes_numpy, paste
from mmuda.models.augmentation.confidence_weight import WEIGHTINGS, confidence_weight
from mmuda.models.losses import PixelWeightedCrossEntropyLoss, ProbabilityMSELoss
from mmuda.models.losses.precision import at_least_float32
from mmuda.models.objectives.classifier_objective import ClassifierObjective
from mmuda.models.segmentors.step import Step
from mmuda.utils.fused_probabilities import fused_probabilities

DRAWS = dict(device=draw_classes, numpy=draw_classes_numpy)
LOSSES = dict(cross_entropy=PixelWeightedCrossEntropyLoss, mse=ProbabilityMSELoss)


@MODELS.register_module()
class ClassMixSupervision(ClassifierObjective):
    """The target term of DACS (Tranheden et al., WACV 2021): ClassMix across domains.

    The teacher labels the target images. Half of the classes of each source label are pasted, image and label, onto
    the target image with the same index; the result is the view ``mixed``. After strong augmentation the student
    learns it by cross entropy, weighted 1 on pasted pixels and by the teacher's confidence elsewhere.

    With two classifiers the teacher's label is that of their fused prediction, and both students' classifiers learn
    from it.

    Args:
        threshold (float): See :func:`~mmuda.models.augmentation.confidence_weight.confidence_weight`. Defaults to
            0.968.
        weighting (str): ``batch`` (as published), ``image``, ``pixel`` or ``none``, see there. Defaults to ``batch``.
        draw (str): ``device`` never waits for the device, ``numpy`` draws the classes in the way of the published code
            and waits once; the distribution is the same. Defaults to ``device``.
        mix_ignored (bool): Count 255 as a class of the source, so that ignored pixels are pasted too, as published.
            Defaults to True.
        augmentation (dict, optional): Config of a module that changes the mixed images, such as
            ``StrongAugmentation``. Defaults to None: they stay as they are.
        loss (str): ``cross_entropy``, or ``mse``: the squared difference from the teacher's probabilities. These are
            those of the target image, not mixed, as in the published code. Defaults to ``cross_entropy``.
        loss_weight (float): Factor on the losses. Defaults to 1.0.
        weights (dict, optional): Weight of each classifier's loss. Defaults to 0.5 of ``aux`` and 1 of ``main``.
        source, target (str): Views that are mixed. Default to ``source`` and ``target``.
        mixed (str): Name of the view that is made. Defaults to ``mixed``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.

    Raises:
        ValueError: If an option is unknown or ``threshold`` lies outside [0, 1]; in a step, if the batches of both
            views differ in their number or size of images.
    """

    default_name = 'classmix'
    needs_teacher = True

    def __init__(
        self,
        threshold: float = 0.968,
        weighting: str = 'batch',
        draw: str = 'device',
        mix_ignored: bool = True,
        augmentation: dict | None = None,
        loss: str = 'cross_entropy',
        loss_weight: float = 1.0,
        weights: dict[str, float] | None = None,
        source: str = 'source',
        target: str = 'target',
        mixed: str = 'mixed',
        **common: Any,
    ) -> None:
        super().__init__(weights, **common)
        for key, value, known in (('weighting', weighting, WEIGHTINGS), ('draw', draw, DRAWS), ('loss', loss, LOSSES)):
            if value not in tuple(known):
                raise ValueError(f'objective {self.name!r}: {key} must be one of {tuple(known)}, got {value!r}')
        if not 0 <= threshold <= 1:
            raise ValueError(f'objective {self.name!r}: threshold must lie in [0, 1], got {threshold}')
        self.threshold = threshold
        self.weighting = weighting
        self.draw = DRAWS[draw]
        self.mix_ignored = mix_ignored
        self.augmentation = MODELS.build(augmentation) if augmentation else None
        self.loss = LOSSES[loss](loss_weight=loss_weight)
        self.source = source
        self.target = target
        self.mixed = mixed
        self.views = (source, target)
        self.made_views = (mixed,)

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<classifier>`` for each classifier, and the mean weight of the target pixels as ``weight``."""
        with torch.no_grad():
            probabilities = teacher_probabilities(step, self.target)
            confidence, labels = probabilities.max(dim=1)
            target_weight = confidence_weight(confidence, self.threshold, self.weighting)
            weight = self.mix(step, labels, target_weight)
        if isinstance(self.loss, ProbabilityMSELoss):
            reference, weight = probabilities, target_weight
        else:
            reference = step.labels(self.mixed)
        logits = step.logits(self.mixed)
        losses = self.per_classifier(logits, lambda values: self.loss(values, reference, weight))
        return dict(losses, weight=target_weight.mean())

    def mix(self, step: Step, labels: Tensor, weight: Tensor) -> Tensor:
        """Add the mixed view to ``step``.

        Args:
            step (Step): With both views.
            labels (Tensor): (N, H, W) int64, of the target.
            weight (Tensor): (N, H, W), of the target's pixels.

        Returns:
            Tensor: (N, H, W), the weight of every pixel of the mixed view.
        """
        source_labels = step.labels(self.source)
        mask = class_mask(source_labels, self.draw(source_labels, self.mix_ignored))
        images = paste(mask, step.images(self.source), step.images(self.target))
        if self.augmentation is not None:
            images = self.augmentation(images, step.normalization)
        step.add_view(self.mixed, images, paste(mask, source_labels, labels))
        return paste(mask, torch.ones_like(weight), weight)


def teacher_probabilities(step: Step, view: str) -> Tensor:
    """The teacher's probabilities for ``view``, (N, C, H, W); two classifiers are fused as their head fuses them."""
    logits = {name: at_least_float32(value) for name, value in step.teacher_logits(view).items()}
    return fused_probabilities(step.student.decode_head, logits)
