"""The target is labeled by the model in training, anew in every round."""

from pathlib import Path
from typing import Any

from mmengine.runner import Runner
from mmseg.registry import TASK_UTILS
from PIL import Image

from mmuda.datasets import PoolDataset, prior_of
from mmuda.engine.self_training.labeling import describe_labels, label_dataset, reuse_labels, share_weights
from mmuda.engine.self_training.round_labels import RoundLabels
from mmuda.engine.self_training.schedules import PortionSchedule, build_schedule
from mmuda.pseudo_labels import PseudoLabelStore


@TASK_UTILS.register_module()
class ModelLabels(RoundLabels):
    """Labels by the model in training, in the folder of each round (CBST: Zou et al., ECCV 2018).

    Args:
        runner, pool, rule, pictures: See :class:`~mmuda.engine.self_training.RoundLabels`.
        predictor (dict): Config of the predictor.
        labeler (dict): Config of the labeler.
        portion (dict, optional): Arguments of :class:`~mmuda.engine.self_training.schedules.PortionSchedule`: the
            labeler's ``portion`` in each round. Defaults to None: for labelers without one.
        keep_cached_logits (bool): Keep the network's logits of the target while a round trains; soft labels are made
            of them. Defaults to False.
        spatial_prior (dict, optional): Arguments of :func:`~mmuda.datasets.prior_of`: the prior of all source
            images, made before the first round if it is missing, is the labeler's. ``path`` defaults to
            ``<work dir>/spatial_prior.npy``, ``shape`` (height, width) to that of the target images. Defaults to
            None: no prior but the one of ``labeler``.

    Raises:
        ValueError: If the labeler takes no portion or no prior and one is given, or there are two of them.
    """

    remedy = 'Raise train_cfg.labels.portion'

    def __init__(
        self,
        runner: Runner,
        pool: PoolDataset,
        rule: str,
        predictor: dict,
        labeler: dict,
        portion: dict | None = None,
        keep_cached_logits: bool = False,
        spatial_prior: dict | None = None,
        pictures: bool = False,
    ) -> None:
        super().__init__(runner, pool, rule, pictures)
        self.predictor = predictor
        self.labeler = labeler
        self.keep_cached_logits = keep_cached_logits
        self.spatial_prior = spatial_prior
        for part in (predictor, labeler):
            TASK_UTILS.build(part)  # errors of the config come now, not after a round
        if spatial_prior is not None:
            if pool.source is None:
                raise ValueError('train_cfg.labels.spatial_prior has no effect, as the pool has no source: remove it')
            path = spatial_prior.get('path') or Path(runner.work_dir, 'spatial_prior.npy')
            self.labeler = self._with_setting('prior', str(path), 'spatial_prior')
        self.portion: PortionSchedule | None = None
        if portion is not None:
            self.portion = build_schedule(PortionSchedule, 'labels.portion', rule, portion)
            self._with_setting('portion', self.portion(0), 'portion')

    def target_portion(self, index: int) -> float | None:
        """See :class:`RoundLabels`."""
        return None if self.portion is None else self.portion(index)

    def prepare(self) -> None:
        """Make the spatial prior, if one is wanted and not there."""
        if self.spatial_prior is None or self.pool.source is None:
            return
        path = self.pool.target.image_path(0)
        with Image.open(path) as image:
            shape = image.size[::-1]
        wanted = tuple(self.spatial_prior.get('shape') or shape)
        if wanted != shape:
            raise ValueError(
                f'train_cfg.labels.spatial_prior.shape = {wanted}, but the target images have (height, width) = '
                f'{shape} ({path}): leave it out'
            )
        prior_of(self.pool.source.dataset, **dict(self.spatial_prior, path=self.labeler['prior'], shape=shape))

    def store(self, folder: Path) -> PseudoLabelStore:
        """See :class:`RoundLabels`."""
        return PseudoLabelStore(folder / 'pseudo_labels', self.palette)

    def make(self, index: int, folder: Path, made_before: str | None) -> str:
        """See :class:`RoundLabels`; returns the fingerprint of the model."""
        weights = share_weights(self.runner)
        # Labels of a later round can only be those of this run, which had gone further than its checkpoint.
        label_dataset(
            self.runner,
            self.pool.target,
            self.predictor,
            self._labeler(index),
            weights,
            self.store(folder),
            overwrite=made_before is not None,
            keep_cached_logits=self.keep_cached_logits,
        )
        return weights

    def reuse(self, index: int, folder: Path, made_by: str) -> None:
        """See :class:`RoundLabels`."""
        wanted = describe_labels(self.runner, self.pool.target, self.predictor, self._labeler(index), made_by)
        reuse_labels(self.pool.target, self.store(folder), wanted, self.keep_cached_logits)

    def end_round(self, folder: Path) -> None:
        """Delete the cached logits."""
        if self.keep_cached_logits:
            self.store(folder).delete_cached_logits()

    def _labeler(self, index: int) -> dict[str, Any]:
        return self.labeler if self.portion is None else dict(self.labeler, portion=self.portion(index))

    def _with_setting(self, name: str, value: Any, key: str) -> dict[str, Any]:
        """Return the labeler's config with a setting that ``train_cfg.labels.<key>`` gives it; refuse what it lacks."""
        if self.labeler.get(name) is not None:
            raise ValueError(f'train_cfg.labels: {name} is set twice, by labeler.{name} and {key}: remove one')
        labeler = dict(self.labeler, **{name: value})
        try:
            TASK_UTILS.build(labeler)
        except TypeError as error:
            raise ValueError(
                f'train_cfg.labels.{key}: {self.labeler["type"]} takes no {name} ({error}): remove it'
            ) from error
        return labeler
