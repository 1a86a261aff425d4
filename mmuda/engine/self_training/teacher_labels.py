"""The target is labeled by teachers, once for all rounds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.runner import Runner
from mmseg.registry import TASK_UTILS

from mmuda.datasets import PoolDataset
from mmuda.engine.self_training.labeling import (
    build_fusion,
    describe_teacher_labels,
    label_dataset_by_teachers,
    reuse_labels,
)
from mmuda.engine.self_training.round_labels import RoundLabels
from mmuda.engine.self_training.teachers import teacher_configs
from mmuda.pseudo_labels import PseudoLabelStore


@TASK_UTILS.register_module()
class TeacherLabels(RoundLabels):
    """Labels by teachers, fused, made once for all rounds (ensemble distillation: Chao et al., CVPRW 2021).

    Args:
        runner, pool, rule, pictures: See :class:`~mmuda.engine.self_training.RoundLabels`.
        teachers (Sequence[dict]): Models or folders of files that label: arguments of
            :class:`~mmuda.engine.self_training.teachers.ModelTeacherConfig` or
            :class:`~mmuda.engine.self_training.teachers.FileTeacherConfig`.
        labeler (dict): Config of the labeler that fuses what they say.
        predictor (dict, optional): Config of the predictor of teachers that do not name one of their own. Defaults to
            None.
        store (str, optional): Folder of the labels. Runs with the same teachers and labeler can share one. Defaults
            to ``<work dir>/pseudo_labels``.
        keep_cached_logits (bool): Where the labeler looks at all images first: keep the logits of the teachers
            meanwhile, those of a predictor of several views excepted, which run twice. False: run all twice.
            Defaults to True.
        class_certainties (str, optional): Folder in which what the teachers say is kept, one certainty per class and
            pixel, for labels with another threshold or window. Needs a labeler that knows the teacher of each class.
            Defaults to None: nowhere.
    """

    remedy = 'Lower the threshold of train_cfg.labels.labeler, or look at the teachers'

    def __init__(
        self,
        runner: Runner,
        pool: PoolDataset,
        rule: str,
        teachers: Sequence[dict],
        labeler: dict,
        predictor: dict | None = None,
        store: str | None = None,
        keep_cached_logits: bool = True,
        class_certainties: str | None = None,
        pictures: bool = False,
    ) -> None:
        super().__init__(runner, pool, rule, pictures)
        self.teachers = teacher_configs(teachers, predictor)
        self.labeler = labeler
        self.root = Path(store or Path(runner.work_dir, 'pseudo_labels'))
        self.keep_cached_logits = keep_cached_logits
        self.class_certainties = class_certainties
        build_fusion(labeler, self.teachers, pool.metainfo['classes'])  # errors of the config come now

    def store(self, folder: Path) -> PseudoLabelStore:
        """See :class:`RoundLabels`; the same for all rounds."""
        return PseudoLabelStore(self.root, self.palette)

    def make(self, index: int, folder: Path, made_before: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
        """See :class:`RoundLabels`; returns what the teachers were. Only the first round needs them."""
        if made_before is not None:
            self.reuse(index, folder, made_before)
            return made_before
        return label_dataset_by_teachers(
            self.runner,
            self.pool.target,
            self.teachers,
            self.labeler,
            self.store(folder),
            self.keep_cached_logits,
            self.class_certainties,
        )

    def reuse(self, index: int, folder: Path, made_by: list[dict[str, Any]]) -> None:
        """See :class:`RoundLabels`."""
        wanted = describe_teacher_labels(self.pool.target, self.teachers, self.labeler, made_by)
        reuse_labels(self.pool.target, self.store(folder), wanted)
