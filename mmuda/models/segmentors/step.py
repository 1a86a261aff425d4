"""One training iteration, seen by the objectives of a method."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import torch
from mmcv.ops import SyncBatchNorm as MMCVSyncBatchNorm
from mmengine.dist import get_world_size
from mmengine.structures import BaseDataElement
from mmseg.models.utils import resize
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmuda.models.segmentors.student import pass_student

NO_TEACHER = (
    "an objective needs a teacher and there is none: set default_hooks.teacher=dict(type='TeacherHook'), as "
    'configs/_base_/default_runtime.py does'
)


class Step:
    """The views of one iteration and every forward pass made on them.

    Objectives ask a step for predictions; a prediction that two objectives need is computed once.
    Passes happen in the order in which they are first asked for, which matters for the running
    statistics of BatchNorm. An objective can add views made of others, such as mixed images.

    Args:
        student (nn.Module): A segmentor with ``extract_feat`` and ``decode_head``.
        inputs (dict[str, Tensor]): Per view, preprocessed images (N, 3, H, W).
        data_samples (dict[str, list]): Per view, the data samples of these images.
        iteration (int): Iterations done before this one.
        statistics_views (Sequence[str], optional): Views whose passes move the running statistics of
            the student's BatchNorm. Defaults to None: all.
        teacher (nn.Module, optional): A segmentor of the student's architecture. Defaults to None.
        separate_domains (bool): Whether the source and the target images of a mixed view (a pool) pass the student
            one after the other, each domain in a batch of its own. ``statistics_views`` then speaks of domains.
            Defaults to False.
    """

    def __init__(
        self,
        student: nn.Module,
        inputs: dict[str, Tensor],
        data_samples: dict[str, Sequence[BaseDataElement]],
        iteration: int,
        statistics_views: Sequence[str] | None = None,
        teacher: nn.Module | None = None,
        separate_domains: bool = False,
    ) -> None:
        self.student = student
        self.teacher = teacher
        self.inputs = dict(inputs)
        self.data_samples = data_samples
        self.iteration = iteration
        self.statistics_views = statistics_views
        self.separate_domains = separate_domains
        self._unresized: dict[str, dict[str, Tensor]] = {}
        self._logits: dict[str, dict[str, Tensor]] = {}
        self._teacher_logits: dict[str, dict[str, Tensor]] = {}
        self._added_labels: dict[str, Tensor | None] = {}

    def add_view(self, name: str, images: Tensor, labels: Tensor | None = None) -> None:
        """Add a view made of others; it is used as those of the batch are.

        Args:
            name (str): A new name.
            images (Tensor): (N, 3, H, W), preprocessed.
            labels (Tensor, optional): (N, H, W), any integer type, ignored pixels 255. Defaults to None: unlabeled.

        Raises:
            ValueError: If the name is taken, or the labels do not fit the images.
        """
        if name in self.inputs:
            raise ValueError(
                f'there is already a view {name!r}: give the second objective that makes one another name for its view'
            )
        if labels is not None and labels.shape != (len(images), *images.shape[2:]):
            raise ValueError(
                f'view {name!r}: images are {tuple(images.shape)}, labels {tuple(labels.shape)}, expected '
                f'{(len(images), *images.shape[2:])}'
            )
        self.inputs[name] = images
        self._added_labels[name] = None if labels is None else labels.long()

    def images(self, view: str) -> Tensor:
        """Return the images of ``view``, (N, 3, H, W)."""
        if view not in self.inputs:
            raise KeyError(
                f'no view {view!r} in the batch, it has {sorted(self.inputs)}: check the `view` of the '
                'objectives and the training dataset'
            )
        return self.inputs[view]

    def labels(self, view: str) -> Tensor:
        """Return the labels of ``view``, (N, H, W), int64, ignored pixels 255."""
        if self._added_labels.get(view) is not None:
            return self._added_labels[view]
        samples = self.data_samples.get(view)
        if samples is None or any('gt_sem_seg' not in sample for sample in samples):
            raise KeyError(
                f'view {view!r} has no labels: an objective that needs labels was given an unlabeled '
                'view, or its pipeline does not load them'
            )
        return torch.cat([sample.gt_sem_seg.data for sample in samples]).long()

    def has_logits(self, view: str) -> bool:
        """Whether the student has already seen ``view`` in this step."""
        return view in self._unresized

    def classifiers(self) -> list[str]:
        """Return the names of the student's classifiers, as its passes so far have shown; empty before the first."""
        return list(next(iter(self._unresized.values()), {}))

    def logits(self, view: str) -> dict[str, Tensor]:
        """Return the student's logits for ``view`` at the size of the images.

        Returns:
            dict[str, Tensor]: (N, C, H, W) per classifier: ``aux`` and ``main`` for a student with
            two classifiers (a dual decode head, or an auxiliary head beside the decode head), else
            ``main`` alone.
        """
        if view not in self._logits:
            self._logits[view] = self._resize(self.unresized_logits(view), view)
        return self._logits[view]

    def unresized_logits(self, view: str) -> dict[str, Tensor]:
        """Return the student's logits for ``view`` at the size that its classifiers give them.

        Returns:
            dict[str, Tensor]: (N, C, h, w) per classifier, see :meth:`logits`, which resizes these.
        """
        if view not in self._unresized:
            samples = self.data_samples.get(view, ()) if self.separate_domains else ()
            domains = [sample.get('domain') for sample in samples]
            if domains and None not in domains:
                self._unresized[view] = self._pass_domains(self.images(view), domains)
            else:
                self._unresized[view] = self._pass(self.images(view), view)
        return self._unresized[view]

    def _pass(self, images: Tensor, name: str) -> dict[str, Tensor]:
        keep = self.statistics_views is not None and name not in self.statistics_views
        with frozen_statistics(self.student) if keep else nullcontext():
            return pass_student(self.student, images)

    def _pass_domains(self, images: Tensor, domains: Sequence[str]) -> dict[str, Tensor]:
        _check_nothing_is_joined(self.student)
        rows = {}  # per domain and classifier, the results of its images in their order
        for domain in sorted(set(domains)):
            own = torch.stack([image for image, where in zip(images, domains) if where == domain])
            rows[domain] = {name: iter(value) for name, value in self._pass(own, domain).items()}
        return {name: torch.stack([next(rows[domain][name]) for domain in domains]) for name in rows[domains[0]]}

    def teacher_logits(self, view: str) -> dict[str, Tensor]:
        """Return the teacher's logits for ``view`` at the size of the images, without gradient.

        Returns:
            dict[str, Tensor]: (N, C, H, W) per classifier, see :meth:`logits`.

        Raises:
            RuntimeError: If there is no teacher.
        """
        if self.teacher is None:
            raise RuntimeError(NO_TEACHER)
        if view not in self._teacher_logits:
            with torch.no_grad():
                self._teacher_logits[view] = self._resize(pass_student(self.teacher, self.images(view)), view)
        return self._teacher_logits[view]

    def _resize(self, logits: dict[str, Tensor], view: str) -> dict[str, Tensor]:
        size, align_corners = self.images(view).shape[2:], self.student.decode_head.align_corners
        return {
            name: resize(value, size, mode='bilinear', align_corners=align_corners, warning=False)
            for name, value in logits.items()
        }


def _check_nothing_is_joined(student: nn.Module) -> None:
    """Refuse BatchNorm that waits for the other ranks: these may have images of fewer domains and pass less often."""
    if get_world_size() > 1 and any(
        isinstance(module, nn.SyncBatchNorm | MMCVSyncBatchNorm) for module in student.modules()
    ):
        raise ValueError(
            'on several ranks model.separate_domains=True cannot be trained with SyncBN: set norm_cfg='
            "dict(type='BN') in the student and no `sync_bn`, or model.separate_domains=False"
        )


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Keep the running statistics of every BatchNorm; batches are normalized as before."""
    norms = [norm for norm in module.modules() if isinstance(norm, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
