"""What several teachers say about one image: the input of the labelers that fuse them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mmuda.pseudo_labels.ensemble.certainty import certainty_bytes
from mmuda.pseudo_labels.labelers.labeler import check_num_classes
from mmuda.pseudo_labels.thresholds.assignment import top_class


@dataclass(frozen=True)
class TeacherPredictions:
    """Labels and certainties of T teachers for one image, at the size of the image and in one class space.

    Fusion labelers (:mod:`mmuda.pseudo_labels.ensemble.fusion_labelers`) are called with it. Where each class has
    one teacher, the certainties of the others are not read; ``teacher_of_class`` says that they have been left out.

    Args:
        labels (Tensor): (T, H, W), uint8, class ids below C, 255 where a teacher has no label.
        certainties (Tensor): (T, C, H, W), uint8, 0..100; 0 for classes that a teacher does not know. With
            ``teacher_of_class`` (C, H, W): that of each class by its teacher.
        teacher_of_class (tuple[int, ...], optional): (C,), teacher of each class. Defaults to None: all
            teachers.
        known (Tensor, optional): (T, C), bool, which teacher knows which class: means are over those that do.
            Defaults to None: all know all.

    Raises:
        ValueError: If shapes or types are others.
    """

    labels: Tensor
    certainties: Tensor
    teacher_of_class: tuple[int, ...] | None = None
    known: Tensor | None = None

    def __post_init__(self) -> None:
        labels, certainties = self.labels, self.certainties
        leading = labels.shape[:1] if self.teacher_of_class is None else ()
        if (
            labels.ndim != 3
            or certainties.ndim != len(leading) + 3
            or certainties.shape[: len(leading)] != leading
            or certainties.shape[-2:] != labels.shape[1:]
        ):
            wanted = '(T, C, H, W)' if self.teacher_of_class is None else '(C, H, W), as teacher_of_class is given'
            raise ValueError(
                f'expected labels (T, H, W) and certainties {wanted}, got {tuple(labels.shape)} and '
                f'{tuple(certainties.shape)}'
            )
        if labels.dtype != torch.uint8 or certainties.dtype != torch.uint8:
            raise ValueError(
                f'labels and certainties of teachers are bytes (uint8), got {labels.dtype} and {certainties.dtype}'
            )
        check_num_classes(self.num_classes)
        if self.teacher_of_class is not None and len(self.teacher_of_class) != self.num_classes:
            raise ValueError(
                f'there are teachers of {len(self.teacher_of_class)} classes and certainties of {self.num_classes}'
            )
        shape = (self.num_teachers, self.num_classes)
        if self.known is not None and (self.known.shape != shape or self.known.dtype != torch.bool):
            raise ValueError(
                f'expected known {shape}, (teachers, classes), of type bool, got '
                f'{tuple(self.known.shape)}, {self.known.dtype}'
            )

    @classmethod
    def from_probabilities(cls, probabilities: Sequence[Tensor]) -> 'TeacherPredictions':
        """Make labels (the lowest of equal classes) and bytes of probabilities.

        Args:
            probabilities (Sequence[Tensor]): Per teacher (C, H, W), in 0..1.

        Raises:
            ValueError: If there are none, their shapes differ, or they are no probabilities.
        """
        shapes = sorted({tuple(one.shape) for one in probabilities})
        if len(shapes) != 1:
            raise ValueError(f'expected the probabilities of at least one teacher, all of one shape, got {shapes}')
        return cls(
            torch.stack([top_class(one)[1] for one in probabilities]),
            torch.stack([certainty_bytes(one) for one in probabilities]),
        )

    @property
    def num_teachers(self) -> int:
        """T."""
        return len(self.labels)

    @property
    def num_classes(self) -> int:
        """C."""
        return self.certainties.shape[-3]
