"""Teachers of an ensemble: what gives labels and certainties of an image, each in its own way and class space."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mmuda.pseudo_labels.ensemble.certainty import HIGHEST, certainty_bytes, check_certainties
from mmuda.pseudo_labels.generation import ModelPredictions
from mmuda.pseudo_labels.labelers.labeler import IGNORE_INDEX
from mmuda.pseudo_labels.thresholds.assignment import top_class

SAMPLED_ROWS = 16  # one in so many rows of a file is looked at with all its classes
HASHED_ROWS = 16  # so many rows of a file, evenly spread, are in the fingerprint


def map_classes(own: Sequence[str], classes: Sequence[str], teacher: str, drop: Sequence[str] = ()) -> dict[int, int]:
    """Find the classes of a teacher among those of the student, by name.

    Args:
        own (Sequence[str]): The teacher's.
        classes (Sequence[str]): The student's, which may be more.
        teacher (str): Its name, for the message.
        drop (Sequence[str]): Classes of the teacher to leave out. Defaults to none.

    Returns:
        dict[int, int]: From the teacher's ids to the student's.

    Raises:
        ValueError: If a class of the teacher is neither the student's nor left out, or a name comes twice.

    Example:
        >>> map_classes(['road', 'sky'], ['road', 'terrain', 'sky'], 'mine')
        {0: 0, 1: 2}
    """
    if len(set(own)) < len(own):
        raise ValueError(f'teacher {teacher!r} has a class name twice: {list(own)}')
    strangers = [name for name in drop if name not in own]
    if strangers:
        raise ValueError(f'teacher {teacher!r}: drop_classes has {strangers}, none of its classes {list(own)}')
    unknown = [name for name in own if name not in classes and name not in drop]
    if unknown:
        raise ValueError(
            f'teacher {teacher!r} has classes that the student does not have: {unknown}. The student has '
            f'{list(classes)}. Leave them out by drop_classes={unknown} of the teacher, or give the names '
            'that the student uses by its `classes`'
        )
    return {index: list(classes).index(name) for index, name in enumerate(own) if name not in drop}


class Teacher(ABC):
    """Base of the teachers.

    Args:
        name (str): For messages and folders.
        classes (Sequence[str]): Its classes, in the order of its ids.
        student_classes (Sequence[str]): Those of the student.
        drop_classes (Sequence[str]): Of its classes those to leave out. Defaults to none.

    Attributes:
        class_ids (dict[int, int]): From its ids to the student's.
    """

    def __init__(
        self, name: str, classes: Sequence[str], student_classes: Sequence[str], drop_classes: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.classes = tuple(classes)
        self.class_ids = map_classes(classes, student_classes, name, drop_classes)
        self._table = torch.full((IGNORE_INDEX + 1,), IGNORE_INDEX, dtype=torch.uint8)
        for own, student in self.class_ids.items():
            self._table[own] = student

    @abstractmethod
    def __call__(self, name: str, path: str, asked: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Predict one image.

        Args:
            name (str): Of the image within its data set.
            path (str): Its file.
            asked (Sequence[int]): Classes whose certainty is needed, the teacher's own ids.

        Returns:
            tuple[Tensor, Tensor]: Labels (H, W), uint8, ids of the student and 255; certainties (P, H, W), 0..100,
            uint8, of the P classes asked for.
        """

    def encode(self, name: str, path: str) -> None:  # noqa: B027  (most teachers have no cached logits)
        """Make what :meth:`__call__` needs of an image and what can be kept small, if it is not there."""

    def _student_ids(self, labels: Tensor) -> Tensor:
        return self._table.to(labels.device)[labels.long()]


class ModelTeacher(Teacher):
    """A model. Labels are those of its probabilities at the size of the image, certainties floor(100 p).

    Classes that are left out are no labels: the most probable of the others is.

    Args:
        predictions (ModelPredictions): Of the model.
    """

    def __init__(
        self,
        name: str,
        classes: Sequence[str],
        student_classes: Sequence[str],
        predictions: ModelPredictions,
        drop_classes: Sequence[str] = (),
    ) -> None:
        super().__init__(name, classes, student_classes, drop_classes)
        self.predictions = predictions

    def __call__(self, name: str, path: str, asked: Sequence[int]) -> tuple[Tensor, Tensor]:
        """See :class:`Teacher`.

        Raises:
            ValueError: If the model gives no probabilities, or those of another number of classes.
        """
        probabilities = self.predictions(name, path)
        if len(probabilities) != len(self.classes):
            raise ValueError(
                f'teacher {self.name!r} predicts {len(probabilities)} classes, but has '
                f'{len(self.classes)} names: {list(self.classes)}. Give the right ones by `classes`'
            )
        try:
            kept = list(self.class_ids)
            best = torch.tensor(kept, device=probabilities.device)[top_class(probabilities[kept])[1].long()]
            labels = self._student_ids(best)
            # Interpolated probabilities can lie a little outside of 0..1.
            return labels, certainty_bytes(probabilities[list(asked)].clamp_(0, 1))
        except ValueError as error:
            raise ValueError(f'teacher {self.name!r}, image {path}: {error}') from error

    def encode(self, name: str, path: str) -> None:
        """Keep the cached logits of the model, if its predictor has one."""
        self.predictions.encode(name, path)


class FileTeacher(Teacher):
    """Labels and certainties from files, in the layout of the published code (Chao et al., CVPRW 2021).

    For the image ``city/stem.png`` these are ``<labels>/stem.png``, (H, W) train ids, 8 bit, and
    ``<certainties>/stem.npy``, (H, W, C), 0..100, of any type: what is no byte is rounded down to one. Files of
    certainties are mapped into memory, and only those asked for are copied.
    A label that is left out is none.

    Args:
        labels (str or Path): Folder of the labels.
        certainties (str or Path): Folder of the certainties.
    """

    def __init__(
        self,
        name: str,
        classes: Sequence[str],
        student_classes: Sequence[str],
        labels: str | Path,
        certainties: str | Path,
        drop_classes: Sequence[str] = (),
    ) -> None:
        super().__init__(name, classes, student_classes, drop_classes)
        self.labels = Path(labels)
        self.certainties = Path(certainties)

    def files(self, name: str) -> tuple[Path, Path]:
        """Return the files of the labels and the certainties of an image."""
        stem = Path(name).stem
        return self.labels / f'{stem}.png', self.certainties / f'{stem}.npy'

    def check(self, names: Sequence[str]) -> None:
        """Look for the files of all images.

        Raises:
            FileNotFoundError: If some are missing; the first five are named.
            ValueError: If two images would have the same files.
        """
        stems: dict[str, str] = {}
        for name in names:
            other = stems.setdefault(Path(name).stem, name)
            if other != name:
                raise ValueError(
                    f'teacher {self.name!r}: the images {other!r} and {name!r} would have the same files '
                    f'{self.files(name)[0]} and {self.files(name)[1]}, which have no folders'
                )
        for index, kind in enumerate(('labels', 'certainties')):
            missing = [str(path) for path in (self.files(name)[index] for name in names) if not path.is_file()]
            if missing:
                more = ', ...' if len(missing) > 5 else ''
                raise FileNotFoundError(
                    f'teacher {self.name!r}: {kind} of {len(missing)} of {len(names)} images are '
                    f'missing: {", ".join(missing[:5])}{more}. Make them, or label fewer images'
                )

    def fingerprint(self, names: Sequence[str]) -> str:
        """Return a hash of the labels and a sample of rows of the certainties (hexadecimal, 32 digits).

        It follows the content: copies of the files have the same.

        Raises:
            OSError: If a file is missing or damaged.
            ValueError: If certainties are of another number of classes.
        """
        digest = hashlib.sha256()
        for name in sorted(names):
            label_path, certainty_path = self.files(name)
            certainties = self._open_certainties(certainty_path)
            rows = np.linspace(0, len(certainties) - 1, HASHED_ROWS).astype(int)
            digest.update(f'{label_path.name} {certainties.dtype} {certainties.shape}'.encode())
            digest.update(label_path.read_bytes())
            digest.update(certainties[rows].tobytes())
        return digest.hexdigest()[:32]

    def __call__(self, name: str, path: str, asked: Sequence[int]) -> tuple[Tensor, Tensor]:
        """See :class:`Teacher`.

        Raises:
            OSError: If a file is missing or damaged.
            ValueError: If it is of another size, type or scale.
        """
        with Image.open(path) as image:
            size = image.size[::-1]
        label_path, certainty_path = self.files(name)
        labels = torch.from_numpy(self._read_labels(label_path, size))
        certainties = torch.from_numpy(self._read_certainties(certainty_path, size, asked))
        return self._student_ids(labels), certainties

    def _read_labels(self, path: Path, size: tuple[int, int]) -> np.ndarray:
        try:
            with Image.open(path) as image:
                mode, labels = image.mode, np.array(image)
        except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, ... for damaged files
            raise OSError(f'teacher {self.name!r}: cannot read labels {path}: {error}') from error
        if mode not in ('L', 'P') or labels.shape != size:
            raise ValueError(
                f'teacher {self.name!r}: {path} has mode {mode} and (height, width) = {labels.shape[:2]}, '
                f'expected train ids in 8 bits of the size of the image, {size}'
            )
        highest = int(labels.max(where=labels != IGNORE_INDEX, initial=0))
        if highest >= len(self.classes):
            raise ValueError(
                f'teacher {self.name!r}: {path} has the label {highest}, expected train ids below '
                f'{len(self.classes)}, and {IGNORE_INDEX} for no label'
            )
        return labels

    def _open_certainties(self, path: Path) -> np.ndarray:
        try:
            certainties = np.load(path, mmap_mode='r', allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise OSError(f'teacher {self.name!r}: cannot read certainties {path}: {error}') from error
        if certainties.ndim != 3 or certainties.shape[2] != len(self.classes):
            raise ValueError(
                f'teacher {self.name!r}: {path} has the shape {certainties.shape}, expected (height, '
                f'width, {len(self.classes)} classes)'
            )
        return certainties

    def _read_certainties(self, path: Path, size: tuple[int, int], asked: Sequence[int]) -> np.ndarray:
        certainties = self._open_certainties(path)
        if certainties.shape[:2] != size:
            raise ValueError(
                f'teacher {self.name!r}: {path} has (height, width) = {certainties.shape[:2]}, expected '
                f'that of the image, {size}'
            )
        sample = np.moveaxis(certainties[::SAMPLED_ROWS], 2, 0)
        check_certainties(torch.from_numpy(sample.astype(np.float32)), f'teacher {self.name!r}: {path}')
        wanted = np.moveaxis(certainties[..., list(asked)], 2, 0)
        if wanted.size and not (wanted.min() >= 0 and wanted.max() <= HIGHEST):  # NaN compares false
            raise ValueError(
                f'teacher {self.name!r}: {path}: certainties of {wanted.min():g}..{wanted.max():g}, '
                f'expected 0..{HIGHEST}'
            )
        return np.ascontiguousarray(wanted, dtype=np.uint8)
