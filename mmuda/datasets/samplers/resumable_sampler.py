"""What a training that resumes exactly asks of a sampler."""

from collections.abc import Iterator
from typing import Any, TypeVar

from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

Index = TypeVar('Index', covariant=True)


class ResumableSampler(Sampler[Index]):
    """Base of the endless samplers of which each draw is a pure function of (seed, position).

    Rank ``r`` of ``W`` gets positions ``r, r + W, ...``, so that the draws of an iteration do not depend on how a
    global batch is spread over ranks. Nothing is stored: starting at any position is immediate. A subclass has
    ``__iter__``, which starts at ``self.position + self.rank`` and steps by ``self.world_size``.

    Args:
        dataset (AdaptationDataset): The data set; its ``seed`` is set, too.
        seed (int, optional): Seed of the stream, the same on all ranks. Defaults to None: the ranks agree on one.
        round_up (bool): Accepted for mmengine's interface, without effect. Defaults to True.
    """

    def __init__(self, dataset: Any, seed: int | None = None, round_up: bool = True) -> None:
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
            raise ValueError(f'{type(self).__name__}: seed = {seed}, expected a non-negative integer')
        self.seed = self.dataset.seed = seed

    def set_position(self, position: int) -> None:
        """Start the next ``iter`` at this position.

        Args:
            position (int): Number of samples consumed so far over all ranks,
                ``iterations * batch size * world size``.
        """
        if position < 0:
            raise ValueError(f'{type(self).__name__}: position = {position}, expected a non-negative integer')
        self.position = position

    def __iter__(self) -> Iterator[Index]:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.dataset)
