"""Exact order statistics of a stream of values, in memory that does not grow with it."""

import torch
from mmengine.dist import all_reduce_params
from torch import Tensor

BINS = 1 << 16
ZERO_BIN = BINS // 2


class RadixSelection:
    """The k-th largest of float32 values per group, in two passes over the values.

    The bits of a float32, mapped so that they order as the numbers do, are counted in two halves: the first
    pass makes a histogram of the upper 16 bits, which tells the bin of the k-th value, and the second one of
    the lower 16 bits of the values in that bin. The result is an element of the stream and does not depend
    on the order of the values or on how they are divided over ranks. The state is one histogram
    (num_groups x 65536 int64, 10 MB for 19 groups).

    Args:
        num_groups (int): G, number of groups, e.g. classes.
        device (str or torch.device): Of the values and the histogram. Defaults to ``'cpu'``.

    Example:
        >>> selection = RadixSelection(2)
        >>> values, groups = torch.tensor([.5, .9, .7, .1]), torch.tensor([0, 0, 0, 1])
        >>> selection.observe(values, groups)
        >>> selection.end_pass()
        tensor([3, 1])
        >>> selection.choose(torch.tensor([2, 1]))
        >>> selection.observe(values, groups)
        >>> _ = selection.end_pass()
        >>> selection.values()
        tensor([0.7000, 0.1000])
    """

    def __init__(self, num_groups: int, device: str | torch.device = 'cpu') -> None:
        self._histogram = torch.zeros(num_groups, BINS, dtype=torch.int64, device=device)
        self._bins: Tensor | None = None  # those of the k-th values, once chosen

    def observe(self, values: Tensor, groups: Tensor) -> None:
        """Count values, the same ones in both passes.

        Args:
            values (Tensor): (n,), float32, no NaN.
            groups (Tensor): (n,), integers below ``num_groups``.
        """
        keys, groups = _keys(values), groups.int()
        half = (keys >> 16) + ZERO_BIN
        if self._bins is not None:
            chosen = half == self._bins.index_select(0, groups)
            half, groups = keys[chosen] & (BINS - 1), groups[chosen]
        index = (groups * BINS + half).long()
        # Instead of bincount, which would make a second histogram.
        self._histogram.view(-1).scatter_add_(0, index, self._histogram.new_ones(()).expand_as(index))

    def end_pass(self, *counts: Tensor) -> Tensor:
        """Sum the histogram over ranks; to be called once after each pass, on every rank.

        Args:
            counts (Tensor): Other int64 tensors on the same device, summed in place by the same all-reduce.

        Returns:
            Tensor: (G,), int64, number of values counted in this pass.
        """
        all_reduce_params([self._histogram, *counts])
        return self._histogram.sum(dim=1)

    def choose(self, ranks: Tensor, zeros: Tensor | None = None) -> None:
        """Say which value is wanted; between the passes.

        Args:
            ranks (Tensor): (G,), int64, k: 1 for the largest value, 0 for none.
            zeros (Tensor, optional): (G,), int64, how many values 0.0 are taken as counted in addition.
                Once for all ranks. Defaults to None.

        Raises:
            ValueError: If a rank is higher than the number of values.
        """
        self._zeros = torch.zeros_like(ranks) if zeros is None else zeros
        self._histogram[:, ZERO_BIN] += self._zeros
        sizes = self._histogram.sum(dim=1)
        if (ranks < 0).any() or (ranks > sizes).any():
            raise ValueError(
                f'ranks must lie between 0 and the number of values, got {ranks.tolist()} for {sizes.tolist()} values'
            )
        self._none = ranks == 0
        bins, self._ranks = _locate(self._histogram, ranks)
        self._expected = self._histogram.gather(1, bins[:, None])[:, 0]
        self._bins = bins.int()
        self._zeros = self._zeros.where(self._bins == ZERO_BIN, 0)  # those that the second pass adds
        self._histogram.zero_()

    def values(self) -> Tensor:
        """Return the chosen values; after the second pass.

        Returns:
            Tensor: (G,), float32, NaN where the rank is 0.

        Raises:
            RuntimeError: If none was chosen, or the second pass saw other values than the first.
        """
        if self._bins is None:
            raise RuntimeError('no value is chosen yet: call choose() between the passes')
        if not torch.equal(self._histogram.sum(dim=1) + self._zeros, self._expected):
            raise RuntimeError(
                'the second pass saw other values than the first: both must read the same predictions '
                '(stored ones, or those of deterministic operators)'
            )
        low, _ = _locate(self._histogram, self._ranks, self._zeros)
        keys = ((self._bins - ZERO_BIN) << 16) | low.int()
        return _flip_negatives(keys).view(torch.float32).where(~self._none, float('nan'))


def _keys(values: Tensor) -> Tensor:
    """Map float32 to int32 of the same order; -0.0 and 0.0 are one."""
    return _flip_negatives((values + 0.0).view(torch.int32))


def _flip_negatives(bits: Tensor) -> Tensor:
    return bits ^ ((bits >> 31) & 0x7FFFFFFF)


def _locate(histogram: Tensor, ranks: Tensor, lowest: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the bins in which the ranks (from the top) lie, and the ranks within these bins.

    ``lowest`` values are taken as counted in the first bin in addition.
    """
    places, rest = [], []
    for group, (counts, rank) in enumerate(zip(histogram, ranks)):  # one by one, to need little memory
        descending = counts.flip(0)
        if lowest is not None:
            descending[-1] += lowest[group]
        counted = descending.cumsum(0)
        place = torch.searchsorted(counted, rank)
        places.append(BINS - 1 - place)
        rest.append(rank - counted[place] + descending[place])
    return torch.stack(places), torch.stack(rest)
