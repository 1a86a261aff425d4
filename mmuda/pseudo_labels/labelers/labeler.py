"""What the labeling asks of a labeler."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmuda.pseudo_labels.planes import CONFIDENCE, IGNORE_INDEX, LABEL, Plane


def check_num_classes(num_classes: int) -> None:
    """Raise a ValueError if class ids do not fit into 8 bits beside 255, the ignored pixels."""
    if num_classes > IGNORE_INDEX:
        raise ValueError(
            f'pseudo labels are stored in 8 bits, of which {IGNORE_INDEX} means ignored: at most '
            f'{IGNORE_INDEX} classes, got {num_classes}'
        )


@dataclass(frozen=True)
class LabelPlanes:
    """What a labeler says about the pixels of one image: planes by name, those of ``Labeler.planes``.

    A labeler that gives more derives from it and adds fields, (H, W) or (K, H, W).

    Args:
        label (Tensor): (H, W), uint8, training ids, 255 where there is no label.
        confidence (Tensor): (H, W), floating point, in [0, 1].
    """

    label: Tensor
    confidence: Tensor

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the planes by name, on the CPU; what is floating point as float32."""
        planes = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: (plane.float() if plane.is_floating_point() else plane).cpu().numpy()
            for name, plane in planes.items()
        }


class Labeler(ABC):
    """Base of the labelers: what the predictions of an image are turned into.

    A labeler that needs to see all images before it labels the first one says so by ``num_passes``::

        labeler.begin(num_classes, device)
        for _ in range(labeler.num_passes):
            for image in images:                  # each rank its share
                labeler.observe(prediction)       # the same one in every pass
            labeler.end_pass()                    # on every rank
        for image in images:
            planes = labeler(prediction)
        labeler.summary()                         # what was found; JSON values

    Without passes none of these is called but the labeler itself.

    A prediction is (C, H, W) probabilities, or
    :class:`~mmuda.pseudo_labels.ensemble.teacher_predictions.TeacherPredictions` for labelers that fuse teachers.

    Attributes:
        planes (tuple[Plane, ...]): How each field of the result is stored. Defaults to label and confidence.
        num_passes (int): How often all images are shown before the first label. Defaults to 0.
        reads_certainties (bool): Of labelers that fuse teachers: whether they read more than the labels of these.
            Defaults to True.
        teacher_of_class (tuple[int, ...], optional): (C,), where each class has one teacher that is asked about it.
            Defaults to None: all are asked about all classes.
    """

    planes: tuple[Plane, ...] = (LABEL, CONFIDENCE)
    num_passes: int = 0
    reads_certainties: bool = True
    teacher_of_class: tuple[int, ...] | None = None

    @property
    def portion(self) -> float | None:
        """Portion of the pixels to label, in (0, 1], which rounds of self-training set; None if there is no such."""
        return None

    @portion.setter
    def portion(self, portion: float) -> None:
        raise ValueError(f'{type(self).__name__} labels by no portion of the pixels: remove portion = {portion}')

    @abstractmethod
    def __call__(self, prediction: Any) -> LabelPlanes:
        """Label one image.

        Args:
            prediction (Tensor or TeacherPredictions): See the class.

        Returns:
            LabelPlanes: Labels and what else is to be stored.
        """

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """Return what the labels depend on beside the predictions, as JSON values: for the manifest of a store."""

    def resolve(self, classes: Sequence[str], teachers: Sequence[str]) -> None:  # noqa: B027  (most have no names)
        """Look up classes and teachers that settings name.

        Args:
            classes (Sequence[str]): Names of the C classes.
            teachers (Sequence[str]): Names of the T teachers, in the order of the predictions.

        Raises:
            ValueError: If there is no such class or teacher.
        """

    def begin(self, num_classes: int, device: str | torch.device = 'cpu') -> None:
        """Forget all images; before the first pass.

        Args:
            num_classes (int): C, at most 255.
            device (str or torch.device): Of the predictions to come. Defaults to ``'cpu'``.

        Raises:
            ValueError: If there are too many classes.
        """
        check_num_classes(num_classes)

    def observe(self, prediction: Any) -> None:  # noqa: B027  (for labelers with passes)
        """See one image, in a pass."""

    def end_pass(self) -> None:  # noqa: B027
        """End a pass, on every rank; what was counted is joined over the ranks."""

    def summary(self) -> dict[str, Any]:
        """Return what the passes found, as JSON values."""
        return {}

    def load_summary(self, summary: dict[str, Any], device: str | torch.device = 'cpu') -> None:  # noqa: B027
        """Take over what a :meth:`summary` says, instead of the passes.

        Args:
            summary (dict): Of a labeler with the same settings.
            device (str or torch.device): Of the predictions to come. Defaults to ``'cpu'``.

        Raises:
            ValueError: If its settings differ.
        """
