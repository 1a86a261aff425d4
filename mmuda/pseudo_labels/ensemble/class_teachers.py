"""Which teacher is asked about a class in channel-wise fusion."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from mmengine.dist import all_reduce
from torch import Tensor

from mmuda.pseudo_labels.ensemble.box_sum import equals

# Teachers 0..3: R-MRNet, DACS, CRST-MRKLD, CBST. 19 classes.
GTA5_TEACHERS = (1, 1, 1, 0, 1, 2, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 3, 2, 1)
# Teachers 0..2: CRST-MRKLD, CBST, R-MRNet. The 16 classes of SYNTHIA in the order of the train ids, without gaps.
SYNTHIA16_TEACHERS = (2, 2, 2, 0, 0, 2, 2, 0, 2, 1, 2, 2, 2, 2, 2, 2)

PUBLISHED_TEACHERS = MappingProxyType(dict(gta5=GTA5_TEACHERS, synthia16=SYNTHIA16_TEACHERS))


class ClassCertainty:
    """Mean certainty of each teacher over the pixels that it predicts as a class; no label is needed.

    State is (T, C), however many images there are.

    Args:
        num_teachers (int): T.
        num_classes (int): C.
        device (str or torch.device): Of the predictions. Defaults to ``'cpu'``.

    Example:
        >>> certainty = ClassCertainty(2, 2)
        >>> certainty.update(torch.tensor([[0, 1], [1, 1]]), torch.tensor([[.9, .5], [.7, .9]]))
        >>> teachers_by_certainty(certainty.mean())
        (0, 1)
    """

    def __init__(self, num_teachers: int, num_classes: int, device: str | torch.device = 'cpu') -> None:
        self.num_classes = num_classes
        self.pixels = torch.zeros(num_teachers, num_classes, dtype=torch.int64, device=device)
        self.sums = torch.zeros(num_teachers, num_classes, dtype=torch.float64, device=device)

    def update(self, labels: Tensor, certainties: Tensor) -> None:
        """Add one image, or several.

        Args:
            labels (Tensor): (T, ...), class ids; others, like 255, are not counted.
            certainties (Tensor): (T, ...), the certainty of that label: the highest one of the pixel.
                Any scale; sums are made in float64.

        Raises:
            ValueError: If the shapes are not those.
        """
        if labels.shape != certainties.shape or len(labels) != len(self.sums):
            raise ValueError(
                f'expected labels and certainties ({len(self.sums)}, ...) of the same shape, got '
                f'{tuple(labels.shape)} and {tuple(certainties.shape)}'
            )
        for teacher, (label, certainty) in enumerate(zip(labels.flatten(1), certainties.flatten(1))):
            size = self.num_classes
            self.pixels[teacher] += label.bincount(minlength=size)[:size]
            self.sums[teacher] += label.bincount(certainty.double(), minlength=size)[:size]

    def reduce(self) -> None:
        """Add the sums of all ranks; to be called once, on every rank."""
        all_reduce(self.pixels)
        all_reduce(self.sums)

    def mean(self) -> Tensor:
        """Return the means (T, C), float64, NaN for classes that a teacher never predicts."""
        return self.sums / self.pixels


def teachers_by_certainty(mean: Tensor) -> tuple[int, ...]:
    """Return for each class the teacher that is most certain about it.

    Args:
        mean (Tensor): (T, C), see :class:`ClassCertainty`.

    Returns:
        tuple[int, ...]: (C,). The later one of equal teachers; teacher 0 for a class that nobody predicts.
    """
    never = mean.isnan()
    latest = len(mean) - 1 - mean.masked_fill(never, -torch.inf).flip(0).argmax(0)
    return tuple(latest.masked_fill(never.all(0), 0).tolist())


def resolve_teachers(
    given: str | Sequence[int | str] | Mapping[int | str, int | str],
    num_classes: int,
    num_teachers: int,
    classes: Sequence[str] | None = None,
    teachers: Sequence[str] | None = None,
) -> tuple[int, ...]:
    """Read a table that gives each class a teacher.

    Args:
        given (str, sequence or mapping): ``'gta5'`` or ``'synthia16'``, the tables of the paper; or a teacher per
            class id; or from class (id or name) to teacher. A teacher is an index or a name.
        num_classes (int): C.
        num_teachers (int): T.
        classes (Sequence[str], optional): Names of the classes.
        teachers (Sequence[str], optional): Names of the teachers.

    Returns:
        tuple[int, ...]: (C,), index of the teacher of each class.

    Raises:
        ValueError: If a class has no teacher, a class or a teacher is unknown, or there are too many entries; the
            message names them.
    """
    table = f'table {given!r}' if isinstance(given, str) else 'table of teachers'
    if isinstance(given, str):
        if given not in PUBLISHED_TEACHERS:
            raise ValueError(
                f'teacher_of_class = {given!r}, expected one of {tuple(PUBLISHED_TEACHERS)}, a list or a dict'
            )
        given = PUBLISHED_TEACHERS[given]
    names = list(classes) if classes is not None else [f'class {index}' for index in range(num_classes)]
    if isinstance(given, Mapping):
        unknown = [key for key in given if key not in names and key not in range(num_classes)]
        if unknown:
            raise ValueError(f'the {table} has the unknown classes {unknown}, expected some of {names}')
        by_name: Mapping[Any, int | str] = given
        of_class: Sequence[int | str | None] = [by_name.get(i, by_name.get(name)) for i, name in enumerate(names)]
    else:
        of_class = given
    if len(of_class) != num_classes:
        rest = f', those of {names[len(of_class) :]} are missing' if len(of_class) < num_classes else ''
        raise ValueError(
            f'the {table} has {len(of_class)} entries, expected one for each of the {num_classes} classes{rest}'
        )
    missing = [name for name, teacher in zip(names, of_class) if teacher is None]
    if missing:
        raise ValueError(f'the {table} has no teacher for {missing}: name a teacher for each class')
    return tuple(_teacher(own, name, table, num_teachers, teachers) for name, own in zip(names, of_class))


def _teacher(
    given: int | str | None, class_name: str, table: str, num_teachers: int, teachers: Sequence[str] | None
) -> int:
    if isinstance(given, str) and teachers is not None and given in teachers:
        return list(teachers).index(given)
    if given is not None and not isinstance(given, (str, bool)) and given in range(num_teachers):
        return int(given)
    known = f'0..{num_teachers - 1}' + (f' ({", ".join(teachers)})' if teachers is not None else '')
    raise ValueError(f'the {table} gives {class_name} to the unknown teacher {given!r}, expected {known}')


def top_certainty(labels: Tensor, certainties: Tensor) -> Tensor:
    """Return the certainty of each teacher's own label, as it is given: of bytes in whole percent, rounded down.

    Args:
        labels (Tensor): (T, H, W), uint8, class ids or 255.
        certainties (Tensor): (T, C, H, W), any scale.

    Returns:
        Tensor: (T, H, W), 0 where there is no label.
    """
    top = torch.zeros_like(certainties[:, 0])
    for c, certainty in enumerate(certainties.unbind(1)):
        top += equals(labels, c) * certainty
    return top
