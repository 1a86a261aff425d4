"""Which image of a pool a position of the run has."""

import itertools
from collections.abc import Iterator

import numpy as np
from mmseg.registry import DATA_SAMPLERS

from mmuda.datasets.samplers.resumable_sampler import ResumableSampler
from mmuda.datasets.wrappers.pool_dataset import PoolDataset, PoolIndex


@DATA_SAMPLERS.register_module()
class PoolSampler(ResumableSampler[PoolIndex]):
    """Endless stream over a pool: one permutation after the other, each a pure function of (seed, round, epoch).

    The pool may change between rounds: :meth:`start_round` says from which position the new one counts.

    Args:
        dataset (PoolDataset): The pool; its ``seed`` is set, too.
        seed (int, optional): The same on all ranks. Defaults to None: the ranks agree on one.
        round_up (bool): Accepted for mmengine's interface, without effect. Defaults to True.
    """

    def __init__(self, dataset: PoolDataset, seed: int | None = None, round_up: bool = True) -> None:
        super().__init__(dataset, seed, round_up)
        self.start_round(0, 0)

    def start_round(self, index: int, position: int) -> None:
        """Say that round ``index`` begins at ``position``."""
        self._round = index
        self._origin = position

    def permutation(self, epoch: int) -> np.ndarray:
        """Order of the pool (len,) in an epoch of the round."""
        return np.random.default_rng([self.seed, self._round, epoch]).permutation(len(self.dataset))

    def __iter__(self) -> Iterator[PoolIndex]:
        epoch, order = -1, np.empty(0, int)
        for position in itertools.count(self.position + self.rank, self.world_size):
            now, place = divmod(position - self._origin, len(self.dataset))
            if now != epoch:
                epoch, order = now, self.permutation(now)
            yield PoolIndex(position, int(order[place]))
