"""Who labels the target for the rounds of self-training: the contract."""

import inspect
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from mmengine.runner import Runner
from mmseg.registry import TASK_UTILS

from mmuda.datasets import PoolDataset
from mmuda.pseudo_labels import PseudoLabelStore


class RoundLabels(ABC):
    """Labels of the target of a pool, round by round.

    A strategy is registered in ``TASK_UTILS`` and named by ``train_cfg.labels.type``. Its other settings are the
    arguments of its constructor; the first three are given by
    :class:`~mmuda.engine.self_training.SelfTrainingLoop`.

    Args:
        runner (Runner): Of the training.
        pool (PoolDataset): Its target is labeled.
        rule (str): How published code rounds, see :mod:`mmuda.engine.self_training.schedules`.
        pictures (bool): Write two pictures beside each label that is made, see
            :class:`~mmuda.pseudo_labels.PseudoLabelStore`. Defaults to False.

    Example of a strategy::

        @TASK_UTILS.register_module()
        class SharedLabels(RoundLabels):
            '''Labels that lie in a folder.'''

            remedy = 'Bring other labels'

            def __init__(self, runner, pool, rule, folder):
                super().__init__(runner, pool, rule)
                self.root = folder

            def store(self, folder):
                return PseudoLabelStore(self.root)

            def make(self, index, folder, made_before):
                self.pool.target.store = self.root
                return self.root

            def reuse(self, index, folder, made_by):
                self.pool.target.store = made_by
    """

    remedy: str  # what to do where no pixel was labeled

    def __init__(self, runner: Runner, pool: PoolDataset, rule: str, pictures: bool = False) -> None:
        self.runner = runner
        self.pool = pool
        self.rule = rule
        self.palette = pool.target.metainfo['palette'] if pictures else None

    def target_portion(self, index: int) -> float | None:
        """Portion of the target's pixels (of each class) to label in round ``index``; None: not the strategy's."""
        return None

    def prepare(self) -> None:  # noqa: B027  (most have nothing to do)
        """Make what all rounds need, before the first."""

    @abstractmethod
    def store(self, folder: Path) -> PseudoLabelStore:
        """Return the store of the labels of the round with this folder."""

    @abstractmethod
    def make(self, index: int, folder: Path, made_before: Any | None) -> Any:
        """Make the labels of a round, or continue, or find them, and tell the pool's target where they are.

        Args:
            index (int): Of the round, from 0.
            folder (Path): Of the round.
            made_before (Any, optional): What this method returned for the round before; None in the first round.

        Returns:
            Any: JSON values that say who labeled, for :meth:`reuse`.
        """

    @abstractmethod
    def reuse(self, index: int, folder: Path, made_by: Any) -> None:
        """Find the labels of a round that has begun.

        Args:
            index, folder: As for :meth:`make`.
            made_by (Any): What :meth:`make` returned.

        Raises:
            FileNotFoundError: If they are not all there.
            ValueError: If they are others.
        """

    def end_round(self, folder: Path) -> None:  # noqa: B027
        """Delete what no run comes back to."""


def build_round_labels(config: dict[str, Any], runner: Runner, pool: PoolDataset, rule: str) -> RoundLabels:
    """Build the strategy that ``train_cfg.labels`` names.

    Args:
        config (dict): ``type`` and settings.
        runner, pool, rule: See :class:`RoundLabels`.

    Raises:
        ValueError: If there is no such strategy, or it does not know a setting, or lacks one.
    """
    settings = dict(config)
    name = settings.pop('type', None)
    strategy = TASK_UTILS.get(name) if name else None
    if strategy is None:
        raise ValueError(
            f'train_cfg.labels.type = {name!r}: expected a strategy that labels, ModelLabels, TeacherLabels or one '
            'that is registered in TASK_UTILS'
        )
    given = dict(runner=runner, pool=pool, rule=rule)
    signature = inspect.signature(strategy)
    try:
        signature.bind(**given, **settings)
    except TypeError as error:
        known = ', '.join(key for key in signature.parameters if key not in given)
        raise ValueError(f'train_cfg.labels: {name} {error}: its settings are {known}') from error
    return strategy(**given, **settings)
