"""Which source and which target image a position of the run has."""

import itertools
from collections.abc import Iterator

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from mmseg.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from mmuda.datasets.uda_dataset import UDADataset, UDAIndex


@DATA_SAMPLERS.register_module()
class UDASampler(Sampler[UDAIndex]):
    """Endless stream of image pairs, each a pure function of (seed, position).

    Source and target index of every position are drawn uniformly and independently. The code of MRNet (Zheng
    and Yang, IJCAI 2020) repeats the file list to the length of the run and shuffles it once, which differs
    only in that there every image comes equally often, here on average. Rank ``r`` of ``W`` gets positions
    ``r, r + W, ...``, so that the pairs of an iteration do not depend on how a global batch is spread over
    ranks. Nothing is stored: starting at any position is immediate.

    Args:
        dataset (UDADataset): The data set; its ``seed`` is set, too.
        seed (int, optional): Seed of the stream, the same on all ranks. Defaults to None: the ranks agree on
            one.
        round_up (bool): Accepted for mmengine's interface, without effect. Defaults to True.
    """

    def __init__(self, dataset: UDADataset, seed: int | None = None, round_up: bool = True) -> None:
        self.dataset = dataset
        self.rank, self.world_size = get_dist_info()
        self.position = 0
        self.set_seed(sync_random_seed() if seed is None else seed)

    def set_seed(self, seed: int) -> None:
        """Change the seed of the stream and of the data set; takes effect at the next ``iter``.

        Args:
            seed (int): Non-negative.
        """
        if seed < 0:
            raise ValueError(f'UDASampler: seed = {seed}, expected a non-negative integer')
        self.seed = self.dataset.seed = seed

    def set_position(self, position: int) -> None:
        """Start the next ``iter`` at this position.

        Args:
            position (int): Number of samples consumed so far over all ranks,
                ``iterations * batch size * world size``.
        """
        if position < 0:
            raise ValueError(f'UDASampler: position = {position}, expected a non-negative integer')
        self.position = position

    def draw(self, position: int) -> UDAIndex:
        """The pair at a position of the run.

        Args:
            position (int): Global position, from 0.

        Returns:
            UDAIndex: The position with a source index and, where there is a target, a target index.
        """
        datasets = [dataset for dataset in (self.dataset.source, self.dataset.target) if dataset is not None]
        return UDAIndex(
            position,
            *(
                int(np.random.default_rng([self.seed, position, view]).integers(len(dataset)))
                for view, dataset in enumerate(datasets)
            ),
        )

    def __iter__(self) -> Iterator[UDAIndex]:
        return map(self.draw, itertools.count(self.position + self.rank, self.world_size))

    def __len__(self) -> int:
        return len(self.dataset)
