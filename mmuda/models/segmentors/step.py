"""One training iteration, seen by the objectives of a method."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import torch
from mmengine.structures import BaseDataElement
from mmseg.models import BaseSegmentor
from mmseg.models.utils import resize
from torch import Tensor

from mmuda.models.augmentation import Normalization
from mmuda.models.segmentors.passes import Pass
from mmuda.models.segmentors.student import classifiers_of

NO_TEACHER = (
    "an objective needs a teacher and there is none: set default_hooks.teacher=dict(type='TeacherHook'), as "
    'configs/_base_/default_runtime.py does'
)


class Step:
    """The views of one iteration and every forward pass made on them.

    Objectives ask a step for what the networks give; what two objectives need is computed once.
    Passes happen in the order in which they are first asked for, which matters for the running
    statistics of BatchNorm. An objective can add views made of others, such as mixed images.

    ============================== =======================================================================
    :meth:`images`                 of a view, (N, 3, H, W)
    :meth:`labels`                 of a view, (N, H, W)
    :meth:`planes`                 other data per pixel, by name: depth, weights
    :meth:`features`               feature maps of the student's backbone (and neck)
    :meth:`outputs`                all that the student's heads give, by name, at their own sizes
    :meth:`logits`                 those of its classifiers, at the size of the images
    :meth:`teacher_features`, ...  the same of the teacher, without gradient
    :meth:`add_view`               a view made of others
    ============================== =======================================================================

    Args:
        student (BaseSegmentor): A segmentor of MMSegmentation with one decode head.
        inputs (dict[str, Tensor]): Per view, preprocessed images (N, 3, H, W).
        data_samples (dict[str, list]): Per view, the data samples of these images.
        iteration (int): Iterations done before this one.
        statistics_views (Sequence[str], optional): Views whose passes move the running statistics of
            the student's BatchNorm. Defaults to None: all.
        teacher (BaseSegmentor, optional): A segmentor of the student's architecture. Defaults to None.
        normalization (Normalization, optional): How the images were preprocessed. Defaults to None: not known.
    """

    def __init__(
        self,
        student: BaseSegmentor,
        inputs: dict[str, Tensor],
        data_samples: dict[str, Sequence[BaseDataElement]],
        iteration: int,
        statistics_views: Sequence[str] | None = None,
        teacher: BaseSegmentor | None = None,
        normalization: Normalization | None = None,
    ) -> None:
        self.student = student
        self.teacher = teacher
        self.inputs = dict(inputs)
        self.data_samples = data_samples
        self.iteration = iteration
        self.statistics_views = statistics_views
        self._normalization = normalization
        self._passes: dict[str, Pass] = {}
        self._logits: dict[str, dict[str, Tensor]] = {}
        self._teacher_passes: dict[str, Pass] = {}
        self._teacher_logits: dict[str, dict[str, Tensor]] = {}
        self._added_labels: dict[str, Tensor] = {}
        self._added_planes: dict[str, dict[str, Tensor]] = {}

    # Data of the views ------------------------------------------------------------------------------------------------
    def add_view(
        self,
        name: str,
        images: Tensor,
        labels: Tensor | None = None,
        planes: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Add a view made of others; it is used as those of the batch are.

        Args:
            name (str): A new name.
            images (Tensor): (N, 3, H, W), preprocessed.
            labels (Tensor, optional): (N, H, W), any integer type, ignored pixels 255. Defaults to None: unlabeled.
            planes (Mapping[str, Tensor], optional): (N, C, H, W) by name, see :meth:`planes`. Defaults to None.

        Raises:
            ValueError: If the name is taken, or labels or planes do not fit the images.
        """
        if name in self.inputs:
            raise ValueError(
                f'there is already a view {name!r}: give the second objective that makes one another name for its view'
            )
        expected = (len(images), *images.shape[2:])
        if labels is not None and labels.shape != expected:
            raise ValueError(
                f'view {name!r}: images are {tuple(images.shape)}, labels {tuple(labels.shape)}, expected {expected}'
            )
        for plane, values in (planes or {}).items():
            if values.ndim != 4 or (len(values), *values.shape[2:]) != expected:
                raise ValueError(
                    f'view {name!r}: images are {tuple(images.shape)}, the plane {plane!r} {tuple(values.shape)}, '
                    f'expected ({expected[0]}, C, {expected[1]}, {expected[2]})'
                )
        self.inputs[name] = images
        self._added_planes[name] = dict(planes or {})
        if labels is not None:
            self._added_labels[name] = labels.long()

    def images(self, view: str) -> Tensor:
        """Return the images of ``view``, (N, 3, H, W)."""
        if view not in self.inputs:
            raise KeyError(
                f'no view {view!r} in the batch, it has {sorted(self.inputs)}: check the `view` of the '
                'objectives and the training dataset'
            )
        return self.inputs[view]

    @property
    def normalization(self) -> Normalization:
        """Normalization: How the images were preprocessed, for augmentations.

        Raises:
            RuntimeError: If it is not known.
        """
        if self._normalization is None:
            raise RuntimeError(
                "an augmentation needs mean and std of model.data_preprocessor: set its type='UDADataPreprocessor'"
            )
        return self._normalization

    def labels(self, view: str) -> Tensor:
        """Return the labels of ``view``, (N, H, W), int64, ignored pixels 255."""
        if view in self._added_labels:
            return self._added_labels[view]
        samples = self.data_samples.get(view)
        if samples is None or any('gt_sem_seg' not in sample for sample in samples):
            raise KeyError(
                f'view {view!r} has no labels: an objective that needs labels was given an unlabeled '
                'view, or its pipeline does not load them'
            )
        return torch.cat([sample.gt_sem_seg.data for sample in samples]).long()

    def planes(self, view: str, name: str) -> Tensor:
        """Return other data per pixel of ``view``, such as depth or a weight.

        Args:
            view (str): A view of the batch, or an added one.
            name (str): Of the field of the data samples (``PixelData``), or of the plane that was added.

        Returns:
            Tensor: (N, C, H, W), C = 1 for one number per pixel.

        Raises:
            KeyError: If there are no such data.
        """
        if name in self._added_planes.get(view, {}):
            return self._added_planes[view][name]
        samples = self.data_samples.get(view)
        if samples is None or any(name not in sample for sample in samples):
            found = self._added_planes.get(view, {}) if samples is None else samples[0].keys()
            raise KeyError(
                f'view {view!r} has no plane {name!r}, it has {sorted(found)}: let its pipeline load and pack '
                'it, or correct the name in the objective'
            )
        return torch.stack([sample.get(name).data for sample in samples])

    # What the student gives -------------------------------------------------------------------------------------------
    @cached_property
    def classifiers(self) -> tuple[str, ...]:
        """tuple[str, ...]: Names of the student's classifiers: ``main`` and, in most students with two, ``aux``."""
        return classifiers_of(self.student)

    def has_passed(self, view: str) -> bool:
        """Whether the student has already seen ``view`` in this step."""
        return view in self._passes

    def features(self, view: str) -> Sequence[Tensor]:
        """Return the feature maps (N, C_k, H_k, W_k) that the student's backbone (and neck) gives for ``view``."""
        return self._pass(view).features

    def outputs(self, view: str) -> dict[str, Tensor]:
        """Return all that the student's heads give for ``view``, by name, at their own sizes.

        Returns:
            dict[str, Tensor]: Logits (N, C, h, w) per classifier, and whatever else a
            :class:`~mmuda.models.decode_heads.MultiOutputHead` gives.
        """
        return self._pass(view).outputs

    def unresized_logits(self, view: str) -> dict[str, Tensor]:
        """Return the logits (N, C, h, w) of each classifier for ``view`` at the size that it gives them."""
        outputs = self.outputs(view)
        return {name: outputs[name] for name in self.classifiers}

    def logits(self, view: str) -> dict[str, Tensor]:
        """Return the student's logits for ``view`` at the size of the images.

        Returns:
            dict[str, Tensor]: (N, C, H, W) per classifier: ``aux`` and ``main`` for a student with
            two classifiers (a dual decode head, or an auxiliary head beside the decode head), else
            ``main`` alone.
        """
        if view not in self._logits:
            self._logits[view] = {name: self.resize(value, view) for name, value in self.unresized_logits(view).items()}
        return self._logits[view]

    def resize(self, output: Tensor, view: str, size: Sequence[int] | None = None) -> Tensor:
        """Resize an output (N, C, h, w), bilinearly, as the student does.

        Args:
            output (Tensor): (N, C, h, w).
            view (str): Whose output it is.
            size (Sequence[int], optional): Height and width. Defaults to None: those of the images of ``view``.
        """
        wanted = self.images(view).shape[2:] if size is None else torch.Size(size)
        if wanted == output.shape[2:]:
            return output
        return resize(
            output,
            wanted,
            mode='bilinear',
            align_corners=self.student.decode_head.align_corners,
            warning=False,
        )

    def _pass(self, view: str) -> Pass:
        if view not in self._passes:
            moves = self.statistics_views is None or view in self.statistics_views
            self._passes[view] = Pass(self.student, self.images(view), moves)
        return self._passes[view]

    # What the teacher gives -------------------------------------------------------------------------------------------
    @torch.no_grad()
    def teacher_features(self, view: str) -> Sequence[Tensor]:
        """Return the teacher's :meth:`features`, without gradient.

        Raises:
            RuntimeError: If there is no teacher.
        """
        return self._teacher_pass(view).features

    @torch.no_grad()
    def teacher_outputs(self, view: str) -> dict[str, Tensor]:
        """Return the teacher's :meth:`outputs`, without gradient.

        Raises:
            RuntimeError: If there is no teacher.
        """
        return self._teacher_pass(view).outputs

    @torch.no_grad()
    def teacher_logits(self, view: str) -> dict[str, Tensor]:
        """Return the teacher's :meth:`logits`, without gradient.

        Raises:
            RuntimeError: If there is no teacher.
        """
        if view not in self._teacher_logits:
            outputs = self.teacher_outputs(view)
            self._teacher_logits[view] = {name: self.resize(outputs[name], view) for name in self.classifiers}
        return self._teacher_logits[view]

    def _teacher_pass(self, view: str) -> Pass:
        if self.teacher is None:
            raise RuntimeError(NO_TEACHER)
        if view not in self._teacher_passes:
            self._teacher_passes[view] = Pass(self.teacher, self.images(view))
        return self._teacher_passes[view]
