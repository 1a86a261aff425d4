"""Who labels the target for the rounds of self-training: the model in training, or teachers."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from mmengine.runner import Runner
from mmseg.registry import TASK_UTILS
from PIL import Image

from mmuda.datasets import PoolDataset, prior_of
from mmuda.engine.labelling import (
    build_fusion,
    describe_labels,
    describe_teacher_labels,
    label_dataset,
    label_dataset_by_teachers,
    reuse_labels,
    share_weights,
)
from mmuda.engine.teachers import teacher_configs
from mmuda.pseudo_labels import PseudoLabelStore


class RoundLabels(ABC):
    """Labels of the target of a pool, round by round.

    Args:
        runner (Runner): Of the training.
        pool (PoolDataset): Its target is labelled.
        labeler (dict): Config of the labeler.
        pictures (bool): Write pictures beside the labels. Defaults to False.
    """

    remedy: str  # what to do where no pixel was labelled

    def __init__(self, runner: Runner, pool: PoolDataset, labeler: dict, pictures: bool = False) -> None:
        self.runner = runner
        self.pool = pool
        self.labeler = labeler
        self.palette = pool.target.metainfo['palette'] if pictures else None

    def prepare(self) -> None:  # noqa: B027  (most have nothing to do)
        """Make what all rounds need, before the first."""

    @abstractmethod
    def store(self, folder: Path) -> PseudoLabelStore:
        """Return the store of the labels of the round with this folder."""

    @abstractmethod
    def make(self, folder: Path, portion: float, made_before: Any | None) -> Any:
        """Make the labels of a round, or continue, or find them.

        Args:
            folder (Path): Of the round.
            portion (float): Portion of the target's pixels to label, for labelers that have one.
            made_before (Any, optional): What this method returned for the round before; None in the first round.

        Returns:
            Any: JSON values that say who labelled, for :meth:`reuse`.
        """

    @abstractmethod
    def reuse(self, folder: Path, portion: float, made_by: Any) -> None:
        """Find the labels of a round that has begun.

        Args:
            folder, portion: As for :meth:`make`.
            made_by (Any): What :meth:`make` returned.

        Raises:
            FileNotFoundError: If they are not all there.
            ValueError: If they are others.
        """

    def end_round(self, folder: Path) -> None:  # noqa: B027
        """Delete what no run comes back to."""


class ModelLabels(RoundLabels):
    """Labels by the model in training, in the folder of each round.

    Args:
        predictor (dict): Config of the predictor.
        keep_maps (bool): Keep the network's maps while a round trains. Defaults to False.
        spatial_prior (dict, optional): See :class:`~mmuda.engine.runner.SelfTrainingLoop`. Defaults to None.
        pictures (bool): See :class:`RoundLabels`.
    """

    remedy = 'Raise train_cfg.target_portion'

    def __init__(
        self,
        runner: Runner,
        pool: PoolDataset,
        labeler: dict,
        predictor: dict,
        keep_maps: bool = False,
        spatial_prior: dict | None = None,
        pictures: bool = False,
    ) -> None:
        super().__init__(runner, pool, labeler, pictures)
        self.predictor = predictor
        self.keep_maps = keep_maps
        self.spatial_prior = spatial_prior
        if spatial_prior is not None:
            self._take_prior(spatial_prior.get('path') or Path(runner.work_dir, 'spatial_prior.npy'))
        TASK_UTILS.build(predictor)  # errors of the config come now, not after a round
        self._has_portion = TASK_UTILS.build(self.labeler).portion is not None

    def prepare(self) -> None:
        """Make the spatial prior, if one is wanted and not there."""
        if self.spatial_prior is None:
            return
        path = self.pool.target.image_path(0)
        with Image.open(path) as image:
            shape = image.size[::-1]
        wanted = tuple(self.spatial_prior.get('shape') or shape)
        if wanted != shape:
            raise ValueError(
                f'train_cfg.spatial_prior.shape = {wanted}, but the target images have (height, width) = '
                f'{shape} ({path}): leave it out'
            )
        prior_of(self.pool.source.dataset, **dict(self.spatial_prior, path=self.labeler['prior'], shape=shape))

    def store(self, folder: Path) -> PseudoLabelStore:
        """See :class:`RoundLabels`."""
        return PseudoLabelStore(folder / 'pseudo_labels', self.palette)

    def make(self, folder: Path, portion: float, made_before: str | None) -> str:
        """See :class:`RoundLabels`; returns the fingerprint of the model."""
        weights = share_weights(self.runner)
        # Labels of a later round can only be those of this run, which had gone further than its checkpoint.
        label_dataset(
            self.runner,
            self.pool.target,
            self.predictor,
            self._labeler(portion),
            weights,
            self.store(folder),
            overwrite=made_before is not None,
            keep_maps=self.keep_maps,
        )
        return weights

    def reuse(self, folder: Path, portion: float, made_by: str) -> None:
        """See :class:`RoundLabels`."""
        wanted = describe_labels(self.runner, self.pool.target, self.predictor, self._labeler(portion), made_by)
        reuse_labels(self.pool.target, self.store(folder), wanted, self.keep_maps)

    def end_round(self, folder: Path) -> None:
        """Delete the maps."""
        if self.keep_maps:
            self.store(folder).delete_cached_logits()

    def _labeler(self, portion: float) -> dict[str, Any]:
        return dict(self.labeler, portion=portion) if self._has_portion else self.labeler

    def _take_prior(self, path: str | Path) -> None:
        """Let the labeler use the prior that will be under ``path``."""
        if self.labeler.get('prior') is not None:
            raise ValueError('train_cfg: there are two spatial priors, labeler.prior and spatial_prior: remove one')
        if not TASK_UTILS.build(self.labeler).takes_prior:
            raise ValueError(f'train_cfg.spatial_prior: {self.labeler["type"]} takes no prior')
        self.labeler = dict(self.labeler, prior=str(path))


class TeacherLabels(RoundLabels):
    """Labels by teachers, made once for all rounds.

    Args:
        teachers (Sequence[dict]): See :func:`~mmuda.engine.teachers.teacher_configs`.
        predictor (dict, optional): Of teachers without one of their own. Defaults to None.
        store (str, optional): Folder of the labels. Defaults to ``<work dir>/pseudo_labels``.
        keep_maps (bool): See :func:`~mmuda.engine.labelling.label_dataset_by_teachers`. Defaults to True.
        owned_planes (str, optional): See there.
        pictures (bool): See :class:`RoundLabels`.
    """

    remedy = 'Lower the threshold of train_cfg.labeler, or look at the teachers'

    def __init__(
        self,
        runner: Runner,
        pool: PoolDataset,
        labeler: dict,
        teachers: list[dict],
        predictor: dict | None = None,
        store: str | None = None,
        keep_maps: bool = True,
        owned_planes: str | None = None,
        pictures: bool = False,
    ) -> None:
        super().__init__(runner, pool, labeler, pictures)
        self.teachers = teacher_configs(teachers, predictor)
        self.root = Path(store or Path(runner.work_dir, 'pseudo_labels'))
        self.keep_maps = keep_maps
        self.owned_planes = owned_planes
        build_fusion(labeler, self.teachers, pool.metainfo['classes'])  # errors of the config come now

    def store(self, folder: Path) -> PseudoLabelStore:
        """See :class:`RoundLabels`; the same for all rounds."""
        return PseudoLabelStore(self.root, self.palette)

    def make(self, folder: Path, portion: float, made_before: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
        """See :class:`RoundLabels`; returns what the teachers were. Only the first round needs them."""
        if made_before is not None:
            self.reuse(folder, portion, made_before)
            return made_before
        return label_dataset_by_teachers(
            self.runner,
            self.pool.target,
            self.teachers,
            self.labeler,
            self.store(folder),
            self.keep_maps,
            self.owned_planes,
        )

    def reuse(self, folder: Path, portion: float, made_by: list[dict[str, Any]]) -> None:
        """See :class:`RoundLabels`."""
        wanted = describe_teacher_labels(self.pool.target, self.teachers, self.labeler, made_by)
        reuse_labels(self.pool.target, self.store(folder), wanted)
