"""Confident pseudo labels without small components."""

from collections.abc import Sequence
from typing import Any

import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.pseudo_labels.labelers.confidence_labeler import ConfidenceLabeler
from mmuda.pseudo_labels.labelers.labeler import LabelPlanes
from mmuda.pseudo_labels.thresholds.components import component_thresholds, remove_small_components


@TASK_UTILS.register_module()
class ComponentLabeler(ConfidenceLabeler):
    """The most probable class where it is probable, and in components that are large enough for the class.

    The pseudo labels of Depth Distribution (Wu and Liu, NeurIPS 2022): confidence of 0.9, then components of one
    class with fewer pixels than the threshold of the class are ignored. The published thresholds are in pixels of the
    label, and the same at both sizes of training.

    Args:
        threshold (float, optional): See :class:`ConfidenceLabeler`. Defaults to 0.9.
        min_pixels (Sequence[int], optional): For each class the size from which a component is kept.
        frequencies (Sequence[float], optional): Instead of ``min_pixels``: how common each class is in the source,
            from which :func:`~mmuda.pseudo_labels.thresholds.components.component_thresholds` makes them.
        base (float, optional): See there; with ``frequencies`` alone. Defaults to None: 50.
        span (float, optional): See there; with ``frequencies`` alone. Defaults to None: 4950.

    Raises:
        ValueError: If neither or both of ``min_pixels`` and ``frequencies`` are given, or ``base`` or ``span`` without
            ``frequencies``; when called, if their number is not that of the classes.
    """

    def __init__(
        self,
        threshold: float | None = 0.9,
        min_pixels: Sequence[int] | None = None,
        frequencies: Sequence[float] | None = None,
        base: float | None = None,
        span: float | None = None,
    ) -> None:
        super().__init__(threshold)
        if (min_pixels is None) == (frequencies is None):
            raise ValueError('ComponentLabeler: give either min_pixels or frequencies, one number for each class')
        if frequencies is not None:
            min_pixels = component_thresholds(frequencies, 50 if base is None else base, 4950 if span is None else span)
        elif base is not None or span is not None:
            raise ValueError(
                'ComponentLabeler: base and span make thresholds of frequencies, and do nothing with min_pixels: give '
                'frequencies instead of min_pixels, or leave base and span out'
            )
        self.min_pixels = tuple(min_pixels or ())

    def __call__(self, probabilities: Tensor) -> LabelPlanes:
        """See :class:`ConfidenceLabeler`."""
        if len(probabilities) != len(self.min_pixels):
            raise ValueError(
                f'ComponentLabeler: {len(self.min_pixels)} thresholds of components, but {len(probabilities)} classes: '
                'correct min_pixels or frequencies'
            )
        planes = super().__call__(probabilities)
        kept = remove_small_components(planes.label.cpu().numpy(), self.min_pixels)
        return LabelPlanes(torch.from_numpy(kept).to(planes.label.device), planes.confidence)

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`."""
        return dict(type='ComponentLabeler', threshold=self.threshold, min_pixels=list(self.min_pixels))
