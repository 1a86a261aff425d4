"""What all teachers say about an image, in one class space."""
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mmuda.pseudo_labels.teacher_predictions import TeacherPredictions
from mmuda.pseudo_labels.teachers import Teacher


class EnsemblePredictions:
    """Predictions that fusion labelers read, one image at a time.

    A labeler that knows the owner of each class, by its attribute ``owners``, gets the planes of the owners alone.

    Args:
        teachers (Sequence[Teacher]): At least one.
        classes (Sequence[str]): Of the student.
        labeler (Callable): Who reads them.
        device (str or torch.device): Where they are. Defaults to ``'cpu'``.

    Raises:
        ValueError: If there are no teachers, or one owns a class that only others know.
    """

    def __init__(self, teachers: Sequence[Teacher], classes: Sequence[str], labeler: Any,
                 device: str | torch.device = 'cpu') -> None:
        if not teachers:
            raise ValueError('an ensemble needs at least one teacher')
        self.teachers = tuple(teachers)
        self.num_classes = len(classes)
        self.labeler = labeler
        self.device = torch.device(device)
        for index, owner in enumerate(getattr(labeler, 'owners', None) or ()):
            knowing = [teacher.name for teacher in teachers if index in teacher.class_ids.values()]
            if knowing and teachers[owner].name not in knowing:
                raise ValueError(f'the owner of {classes[index]!r} is the teacher {teachers[owner].name!r}, which does '
                                 f'not know this class: choose among {knowing}')

    @torch.no_grad()
    def __call__(self, name: str, path: str) -> TeacherPredictions:
        """Return the predictions of all teachers for the image ``name`` of the file ``path``."""
        owners = getattr(self.labeler, 'owners', None)
        labels: list[Tensor] = []
        certainties: Tensor | None = None
        for index, teacher in enumerate(self.teachers):
            # (id of the teacher, id of the student) of the planes that are read
            read = [(own, c) for own, c in teacher.class_ids.items() if owners is None or owners[c] == index]
            label, planes = teacher(name, path, [own for own, _ in read])
            if labels and label.shape != labels[0].shape:
                raise ValueError(f'image {path}: teacher {teacher.name!r} gives labels of (height, width) = '
                                 f'{tuple(label.shape)}, teacher {self.teachers[0].name!r} {tuple(labels[0].shape)}')
            if certainties is None:
                leading = (len(self.teachers), ) if owners is None else ()
                certainties = torch.zeros(
                    (*leading, self.num_classes, *label.shape), dtype=torch.uint8, device=self.device)
            (certainties[index] if owners is None else certainties)[[c for _, c in read]] = planes.to(self.device)
            labels.append(label.to(self.device))
        return TeacherPredictions(torch.stack(labels), certainties, None if owners is None else tuple(owners))

    def encode(self, name: str, path: str) -> None:
        """Make the small maps of all teachers that have some, if they are not there."""
        for teacher in self.teachers:
            teacher.encode(name, path)
