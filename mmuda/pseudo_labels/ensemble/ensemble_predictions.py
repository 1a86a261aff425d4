"""What all teachers say about an image, in one class space."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmuda.pseudo_labels.ensemble.teacher_predictions import TeacherPredictions
from mmuda.pseudo_labels.ensemble.teachers import Teacher
from mmuda.pseudo_labels.labelers.labeler import Labeler
from mmuda.pseudo_labels.store import PseudoLabelStore
from mmuda.utils.files import replace_file


class EnsemblePredictions:
    """Predictions that fusion labelers read, one image at a time.

    Of a labeler that knows the one teacher of each class (``teacher_of_class``) the certainties of the others are not
    read; one with ``reads_certainties = False`` gets zeros.

    Args:
        teachers (Sequence[Teacher]): At least one.
        classes (Sequence[str]): Of the student.
        labeler (Labeler): Who reads them.
        device (str or torch.device): Where they are. Defaults to ``'cpu'``.

    Raises:
        ValueError: If there are no teachers, or one owns a class that only others know.
    """

    def __init__(
        self, teachers: Sequence[Teacher], classes: Sequence[str], labeler: Labeler, device: str | torch.device = 'cpu'
    ) -> None:
        if not teachers:
            raise ValueError('an ensemble needs at least one teacher')
        self.teachers = tuple(teachers)
        self.num_classes = len(classes)
        self.labeler = labeler
        self.device = torch.device(device)
        self.known = torch.tensor(
            [[c in teacher.class_ids.values() for c in range(len(classes))] for teacher in teachers]
        )
        for index, own in enumerate(labeler.teacher_of_class or ()):
            knowing = [teacher.name for teacher, known in zip(teachers, self.known[:, index]) if known]
            if knowing and teachers[own].name not in knowing:
                raise ValueError(
                    f'the teacher of {classes[index]!r} is {teachers[own].name!r}, which does '
                    f'not know this class: choose among {knowing}'
                )

    @torch.no_grad()
    def __call__(self, name: str, path: str) -> TeacherPredictions:
        """Return the predictions of all teachers for the image ``name`` of the file ``path``."""
        teacher_of_class = self.labeler.teacher_of_class
        labels: list[Tensor] = []
        certainties = torch.empty(0)
        for index, teacher in enumerate(self.teachers):
            read = self._read_classes(index, teacher)
            label, own = teacher(name, path, [own for own, _ in read])
            if labels and label.shape != labels[0].shape:
                raise ValueError(
                    f'image {path}: teacher {teacher.name!r} gives labels of (height, width) = '
                    f'{tuple(label.shape)}, teacher {self.teachers[0].name!r} {tuple(labels[0].shape)}'
                )
            if not labels:
                certainties = self._no_certainties(label.shape)
            if read:
                (certainties[index] if teacher_of_class is None else certainties)[[c for _, c in read]] = own.to(
                    self.device
                )
            labels.append(label.to(self.device))
        return TeacherPredictions(
            torch.stack(labels), certainties, None if teacher_of_class is None else tuple(teacher_of_class), self.known
        )

    def _read_classes(self, index: int, teacher: Teacher) -> list[tuple[int, int]]:
        """Return (id of the teacher, id of the student) of the classes whose certainty is read from a teacher."""
        if not self.labeler.reads_certainties:
            return []
        table = self.labeler.teacher_of_class
        return [(own, c) for own, c in teacher.class_ids.items() if table is None or table[c] == index]

    def _no_certainties(self, size: Sequence[int]) -> Tensor:
        """Return zeros, of all teachers or of the teacher of each class; one number where none is read."""
        leading = (len(self.teachers),) if self.labeler.teacher_of_class is None else ()
        shape = (*leading, self.num_classes, *size)
        stored = shape if self.labeler.reads_certainties else ()
        return torch.zeros(stored, dtype=torch.uint8, device=self.device).expand(shape)

    def encode(self, name: str, path: str) -> None:
        """Make the cached logits of all teachers that have some, if they are not there."""
        for teacher in self.teachers:
            teacher.encode(name, path)


class StoredCertainties:
    """Predictions of a known teacher for each class, kept on disk: other thresholds and windows need no teacher again.

    Of each image the labels of all teachers and one certainty per class and pixel are kept, as compressed bytes.

    Args:
        predictions (EnsemblePredictions): Of a labeler that knows the teacher of each class.
        store (PseudoLabelStore): Folder of the files, as its cached logits; opened.

    Raises:
        ValueError: If the labeler does not know the teacher of each class.
    """

    def __init__(self, predictions: EnsemblePredictions, store: PseudoLabelStore) -> None:
        teacher_of_class = predictions.labeler.teacher_of_class
        if teacher_of_class is None:
            raise ValueError(
                'of each class the certainty of its teacher is kept, but '
                f'{type(predictions.labeler).__name__} does not know the teachers before it labels: give '
                '`teacher_of_class`, as found by an earlier run (round.json), or leave out '
                'train_cfg.labels.class_certainties'
            )
        self.predictions = predictions
        self.store = store
        self.device = predictions.device
        self.teacher_of_class = tuple(teacher_of_class)

    def __call__(self, name: str, path: str) -> TeacherPredictions:
        """Return the predictions for the image ``name`` of the file ``path``, from disk if they are there."""
        num_teachers = len(self.predictions.teachers)
        if self.store.has_cached_logits(name):
            stored = torch.from_numpy(self.store.read_cached_logits(name)[0]).to(self.device)
            return TeacherPredictions(
                stored[:num_teachers], stored[num_teachers:], self.teacher_of_class, self.predictions.known
            )
        made = self.predictions(name, path)
        planes = torch.cat([made.labels, made.certainties]).cpu().numpy()
        replace_file(
            self.store.cached_logits_path(name),
            lambda file: np.savez_compressed(file, encoded=planes, size=np.array(planes.shape[1:])),
        )
        return made

    def encode(self, name: str, path: str) -> None:
        """Make the file of an image, if it is not there."""
        if not self.store.has_cached_logits(name):
            self(name, path)
