"""Which source and which target image a position of the run has."""

import itertools
from collections.abc import Iterator

import numpy as np
from mmseg.registry import DATA_SAMPLERS

from mmuda.datasets.samplers.resumable_sampler import ResumableSampler
from mmuda.datasets.wrappers.uda_dataset import UDAIndex


@DATA_SAMPLERS.register_module()
class UDASampler(ResumableSampler[UDAIndex]):
    """Endless stream of image pairs, each a pure function of (seed, position).

    Source and target index of every position are drawn uniformly and independently. The code of MRNet (Zheng
    and Yang, IJCAI 2020) repeats the file list to the length of the run and shuffles it once, which differs
    only in that there every image comes equally often, here on average.

    Args:
        dataset (UDADataset): The data set; its ``seed`` is set, too.
        seed (int, optional): Seed of the stream, the same on all ranks. Defaults to None: the ranks agree on
            one.
        round_up (bool): Accepted for mmengine's interface, without effect. Defaults to True.
    """

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
