"""Supervision by mixed images: source classes pasted onto target images with the teacher's labels."""

from typing import Any

import torch
from mmseg.registry import MODELS, TASK_UTILS
from torch import Tensor

from mmuda.models.losses import PixelWeightedLoss
from mmuda.models.mixing.class_mix import class_mask, paste
from mmuda.models.objectives.classifier_objective import ClassifierObjective
from mmuda.models.segmentors.step import Step
from mmuda.utils.fused_probabilities import fused_probabilities


@MODELS.register_module()
class ClassMixSupervision(ClassifierObjective):
    """The target term of DACS (Tranheden et al., WACV 2021): ClassMix across domains.

    The teacher labels the target images. Some classes of each source label are pasted, image and label, onto
    the target image with the same index; the result is the view ``mixed``, with the plane ``weight``. After strong
    augmentation the student learns it by cross entropy, weighted 1 on pasted pixels and by the teacher's confidence
    elsewhere.

    With two classifiers the teacher's label is that of their fused prediction, and both students' classifiers learn
    from it.

    Args:
        draw (dict, optional): Config of a :class:`~mmuda.models.mixing.ClassDraw`. Defaults to ``DeviceClassDraw``.
        weighting (dict, optional): Config of a :class:`~mmuda.models.mixing.TargetWeighting`. Defaults to
            ``ConfidentShare``, that of the batch above 0.968.
        target_weights (str, optional): Name of a plane (N, 1, H, W) of the target view, such as one that is 0 in
            margins without labels: a factor on the weights of the target's pixels. Defaults to None.
        augmentation (dict, optional): Config of an :class:`~mmuda.models.augmentation.Augmentation` that changes the
            mixed images, such as ``StrongAugmentation``. Defaults to None: they stay as they are.
        loss (dict, optional): Config of a :class:`~mmuda.models.losses.PixelWeightedLoss`. One with soft targets is
            given the teacher's probabilities of the target image, not mixed, as in the published code. Defaults to
            ``PixelWeightedCrossEntropyLoss``.
        weights (dict, optional): Weight of each classifier's loss. Defaults to 0.5 of ``aux`` and 1 of ``main``.
        source, target (str): Views that are mixed. Default to ``source`` and ``target``.
        mixed (str): Name of the view that is made. Defaults to ``mixed``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.

    Raises:
        ValueError: If ``loss`` has no weight per pixel; in a step, if the batches of both views differ in their number
            or size of images.
    """

    default_name = 'classmix'
    needs_teacher = True

    def __init__(
        self,
        draw: dict | None = None,
        weighting: dict | None = None,
        target_weights: str | None = None,
        augmentation: dict | None = None,
        loss: dict | None = None,
        weights: dict[str, float] | None = None,
        source: str = 'source',
        target: str = 'target',
        mixed: str = 'mixed',
        **common: Any,
    ) -> None:
        super().__init__(weights, **common)
        self.draw = TASK_UTILS.build(draw or dict(type='DeviceClassDraw'))
        self.weighting = TASK_UTILS.build(weighting or dict(type='ConfidentShare'))
        self.target_weights = target_weights
        self.augmentation = MODELS.build(augmentation) if augmentation else None
        self.loss = MODELS.build(loss or dict(type='PixelWeightedCrossEntropyLoss'))
        if not isinstance(self.loss, PixelWeightedLoss):
            raise ValueError(
                f'objective {self.name!r}: {type(self.loss).__name__} has no weight per pixel: choose '
                'PixelWeightedCrossEntropyLoss, ProbabilityMSELoss or a PixelWeightedLoss of your own'
            )
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
            target_weight = self.weighting(confidence)
            if self.target_weights is not None:
                target_weight = target_weight * step.planes(self.target, self.target_weights)[:, 0]
            self.mix(step, labels, target_weight)
        if self.loss.soft_targets:
            reference, weight = probabilities, target_weight
        else:
            reference, weight = step.labels(self.mixed), step.planes(self.mixed, 'weight')[:, 0]
        losses = self.per_classifier(step.logits(self.mixed), lambda logits: self.loss(logits, reference, weight))
        return dict(losses, weight=target_weight.mean())

    def mix(self, step: Step, labels: Tensor, weight: Tensor) -> None:
        """Add the mixed view to ``step``, with the weight of its pixels as the plane ``weight``.

        Args:
            step (Step): With both views.
            labels (Tensor): (N, H, W) int64, of the target.
            weight (Tensor): (N, H, W), of the target's pixels.
        """
        source_labels = step.labels(self.source)
        mask = class_mask(source_labels, self.draw(source_labels))
        images = paste(mask, step.images(self.source), step.images(self.target))
        if self.augmentation is not None:
            images = self.augmentation(images, step.normalization)
        weight = paste(mask, torch.ones_like(weight), weight)
        step.add_view(self.mixed, images, paste(mask, source_labels, labels), dict(weight=weight[:, None]))


def teacher_probabilities(step: Step, view: str) -> Tensor:
    """The teacher's probabilities for ``view``, (N, C, H, W); two classifiers are fused as their head fuses them."""
    return fused_probabilities(step.student.decode_head, step.teacher_logits(view))
