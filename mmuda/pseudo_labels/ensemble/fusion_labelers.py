"""Labelers that fuse the predictions of several teachers.

They are called with :class:`~mmuda.pseudo_labels.ensemble.teacher_predictions.TeacherPredictions` instead of
probabilities. The confidence of a label is its certainty / 100.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmseg.registry import TASK_UTILS

from mmuda.pseudo_labels.ensemble.certainty import HIGHEST
from mmuda.pseudo_labels.ensemble.class_teachers import (
    ClassCertainty,
    resolve_teachers,
    teachers_by_certainty,
    top_certainty,
)
from mmuda.pseudo_labels.ensemble.fusion import channel_wise, check_window, majority_vote, mean_certainty
from mmuda.pseudo_labels.ensemble.teacher_predictions import TeacherPredictions
from mmuda.pseudo_labels.labelers.labeler import Labeler, LabelPlanes, check_num_classes


@TASK_UTILS.register_module()
class MajorityLabeler(Labeler):
    """The class with the most votes; every pixel is labeled.

    Confidence is the share of the teachers that vote for it. See :func:`majority_vote`.
    """

    reads_certainties = False

    def __call__(self, predictions: TeacherPredictions) -> LabelPlanes:
        """Label one image, see :class:`Labeler`."""
        labels, votes = majority_vote(predictions.labels)
        return LabelPlanes(labels, votes / predictions.num_teachers)

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`."""
        return dict(type='MajorityLabeler')


@TASK_UTILS.register_module()
class MeanCertaintyLabeler(Labeler):
    """The class of the highest certainty on average over the teachers that know it, where that is high enough.

    See :func:`mean_certainty`.

    Args:
        threshold (float): In percent. Defaults to 90.

    Raises:
        ValueError: If it is not in 0..100.
    """

    def __init__(self, threshold: float = 90.0) -> None:
        self.threshold = _checked_threshold(self, threshold)

    def __call__(self, predictions: TeacherPredictions) -> LabelPlanes:
        """Label one image, see :class:`Labeler`."""
        _check_all_certainties(self, predictions)
        labels, certainty = mean_certainty(predictions.certainties, self.threshold, predictions.known)
        return LabelPlanes(labels, certainty / HIGHEST)

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`."""
        return dict(type='MeanCertaintyLabeler', threshold=self.threshold)


@TASK_UTILS.register_module()
class ChannelWiseLabeler(Labeler):
    """Each class belongs to one teacher; the main policy of the paper. See :func:`channel_wise`.

    Without a table one pass over the images finds the teachers: a class belongs to the teacher that has the highest
    certainty on average over the pixels that it predicts as that class. No label is needed. The averages are those of
    bytes, floor(100 p), which is what files of teachers hold, not of the maxima of the soft-max: teachers that are less
    than one percent apart may change places.

    Args:
        teacher_of_class (str, sequence or mapping, optional): ``'gta5'`` (teachers R-MRNet, DACS, CRST-MRKLD, CBST,
            in this order) or ``'synthia16'`` (CRST-MRKLD, CBST, R-MRNet; 16 classes); or a teacher per class; or from
            class to teacher, see :func:`resolve_teachers`. Defaults to None: found by a pass.
        threshold (float): In percent. Defaults to 90.
        window (int): Odd number of pixels in which teachers vote where claims collide or are missing.
            Defaults to 5.
        tile (int, optional): See :func:`channel_wise`; does not change labels. Defaults to 256.

    Raises:
        ValueError: If a setting is none of the above.
    """

    def __init__(
        self,
        teacher_of_class: str | Sequence[int | str] | Mapping[int | str, int | str] | None = None,
        threshold: float = 90.0,
        window: int = 5,
        tile: int | None = 256,
    ) -> None:
        self.threshold = _checked_threshold(self, threshold)
        check_window(window)
        self.table = teacher_of_class
        self.window = window
        self.tile = tile
        self.num_passes = int(teacher_of_class is None)
        self.teacher_of_class: tuple[int, ...] | None = None
        self._statistics: ClassCertainty | None = None

    def resolve(self, classes: Sequence[str], teachers: Sequence[str]) -> None:
        """Read the table, which may name classes and teachers; nothing if a pass finds them.

        Args:
            classes (Sequence[str]): Names of the C classes.
            teachers (Sequence[str]): Names of the T teachers, in the order of the predictions.

        Raises:
            ValueError: If the table does not fit, see :func:`resolve_teachers`.
        """
        if self.table is not None:
            self.teacher_of_class = resolve_teachers(self.table, len(classes), len(teachers), classes, teachers)

    def begin(self, num_classes: int, device: str | torch.device = 'cpu') -> None:
        """Forget all images and teachers of classes that were found.

        Args:
            num_classes (int): C, at most 255.
            device (str or torch.device): Of the predictions to come. Defaults to ``'cpu'``.
        """
        check_num_classes(num_classes)
        self.num_classes = num_classes
        self.device = torch.device(device)
        self._statistics = None
        if self.table is None:
            self.teacher_of_class = None

    def observe(self, predictions: TeacherPredictions) -> None:
        """Add the certainties of one image."""
        _check_all_certainties(self, predictions)
        if self._statistics is None:
            self._statistics = ClassCertainty(predictions.num_teachers, self.num_classes, self.device)
        certainty = top_certainty(predictions.labels, predictions.certainties)
        self._statistics.update(predictions.labels, certainty)

    def end_pass(self) -> None:
        """End the pass, on every rank: adds the sums of all ranks and finds the teacher of each class."""
        teachers = torch.tensor(0 if self._statistics is None else len(self._statistics.sums), device=self.device)
        all_reduce(teachers, 'max')
        if not teachers:
            raise self._unread()
        if self._statistics is None:  # a rank without images
            self._statistics = ClassCertainty(int(teachers), self.num_classes, self.device)
        self._statistics.reduce()
        self.teacher_of_class = teachers_by_certainty(self._statistics.mean())

    def __call__(self, predictions: TeacherPredictions) -> LabelPlanes:
        """Label one image.

        Args:
            predictions (TeacherPredictions): With the certainties of all teachers, or of the teacher of each class.

        Returns:
            LabelPlanes: Labels and confidence.

        Raises:
            ValueError: If the table does not fit, or the certainties are those of other teachers.
            RuntimeError: If the teachers of the classes are not known yet.
        """
        if self.teacher_of_class is None and self.table is not None:
            self.teacher_of_class = resolve_teachers(self.table, predictions.num_classes, predictions.num_teachers)
        if self.teacher_of_class is None:
            raise self._unread()
        if predictions.teacher_of_class is not None and tuple(predictions.teacher_of_class) != self.teacher_of_class:
            raise ValueError(
                f'the certainties are those of the teachers {list(predictions.teacher_of_class)}, but labels are '
                f'made with {list(self.teacher_of_class)}: make the certainties again'
            )
        labels, certainty = channel_wise(
            predictions.labels, predictions.certainties, self.teacher_of_class, self.threshold, self.window, self.tile
        )
        return LabelPlanes(labels, certainty / HIGHEST)

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`."""
        table = self.table
        return dict(
            type='ChannelWiseLabeler',
            teacher_of_class=dict(table) if isinstance(table, Mapping) else table,
            threshold=self.threshold,
            window=self.window,
        )

    def summary(self) -> dict[str, Any]:
        """Return what was found, as JSON values.

        Returns:
            dict: ``teacher_of_class`` (C); ``mean_certainties`` (T, C), in percent, None where a teacher never predicts
            the class; ``predicted_pixels`` (T, C).
        """
        if self._statistics is None or self.teacher_of_class is None:
            raise self._unread()
        mean = [[None if value != value else value for value in row] for row in self._statistics.mean().tolist()]
        return dict(
            teacher_of_class=list(self.teacher_of_class),
            mean_certainties=mean,
            predicted_pixels=self._statistics.pixels.tolist(),
        )

    def load_summary(self, summary: dict[str, Any], device: str | torch.device = 'cpu') -> None:
        """Take over the teachers of a :meth:`summary`, instead of the pass.

        Args:
            summary (dict): Of a labeler of this kind.
            device (str or torch.device): Of the predictions to come. Defaults to ``'cpu'``.
        """
        self.begin(len(summary['teacher_of_class']), device)
        pixels = torch.tensor(summary['predicted_pixels'], device=device)
        mean = torch.tensor(
            [[value or 0.0 for value in row] for row in summary['mean_certainties']], dtype=torch.float64, device=device
        )
        num_teachers, num_classes = pixels.shape
        self._statistics = ClassCertainty(num_teachers, num_classes, device)
        self._statistics.pixels, self._statistics.sums = pixels, mean * pixels
        self.teacher_of_class = tuple(summary['teacher_of_class'])

    def _unread(self) -> RuntimeError:
        return RuntimeError(
            f'{type(self).__name__} has not read the images yet: begin(), observe() all of them, end_pass()'
        )


def _checked_threshold(labeler: Any, threshold: float) -> float:
    if not 0 <= threshold <= HIGHEST:
        raise ValueError(f'{type(labeler).__name__}: threshold = {threshold}, expected percent in 0..{HIGHEST}')
    if 0 < threshold <= 1:
        raise ValueError(
            f'{type(labeler).__name__}: threshold = {threshold} is in percent, did you mean {100 * threshold:g}?'
        )
    return threshold


def _check_all_certainties(labeler: Any, predictions: TeacherPredictions) -> None:
    if predictions.teacher_of_class is not None:
        raise ValueError(
            f'{type(labeler).__name__} reads the certainties of all teachers, but only those of '
            'the teacher of each class are there'
        )
