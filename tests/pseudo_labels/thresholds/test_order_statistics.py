import struct

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmuda.pseudo_labels import RadixSelection

TINY = 1.4e-45  # the smallest denormal
# Any bit pattern but NaN: all magnitudes, denormals, both zeros and infinities.
FLOATS = (
    st.integers(0, 2**32 - 1)
    .map(lambda bits: struct.unpack('f', struct.pack('I', bits))[0])
    .filter(lambda value: value == value)
)
VALUES = st.lists(FLOATS | st.sampled_from([0.0, -0.0, 0.5, 1.0, -0.5, TINY, -TINY]), min_size=1, max_size=40)


def select(values: list[float], groups: list[int], ranks: list[int], zeros: list[int] | None = None) -> list[float]:
    selection = RadixSelection(len(ranks))
    zeros = None if zeros is None else torch.tensor(zeros)
    for number in range(2):
        selection.observe(torch.tensor(values), torch.tensor(groups))
        selection.end_pass()
        if number == 0:
            selection.choose(torch.tensor(ranks), zeros)
    return selection.values().tolist()


@given(values=VALUES, data=st.data())
@settings(deadline=None, max_examples=50)
def test_equals_sorting(values, data):
    rank = data.draw(st.integers(1, len(values)))
    assert select(values, [0] * len(values), [rank]) == [np.sort(np.float32(values))[-rank]]


@given(values=VALUES, zeros=st.integers(1, 5), data=st.data())
@settings(deadline=None, max_examples=50)
def test_added_zeros_equal_zeros_among_the_values(values, zeros, data):
    rank = data.draw(st.integers(1, len(values) + zeros))
    expected = np.sort(np.float32(values + [0.0] * zeros))[-rank]
    assert select(values, [0] * len(values), [rank], [zeros]) == [expected]


@given(values=VALUES, data=st.data())
@settings(deadline=None, max_examples=50)
def test_groups_are_apart(values, data):
    groups = data.draw(st.lists(st.integers(0, 2), min_size=len(values), max_size=len(values)))
    parts = [[v for v, g in zip(values, groups) if g == group] for group in range(3)]
    ranks = [data.draw(st.integers(1, len(part))) if part else 0 for part in parts]
    for got, part, rank in zip(select(values, groups, ranks), parts, ranks):
        assert np.isnan(got) if rank == 0 else got == np.sort(np.float32(part))[-rank]


def test_values_that_differ_in_the_last_bit_are_told_apart():
    one = np.float32(0.99999)
    values = [float(one), float(np.nextafter(one, np.float32(0))), float(np.nextafter(one, np.float32(1)))]
    assert [select(values, [0] * 3, [rank])[0] for rank in (1, 2, 3)] == sorted(values, reverse=True)


def test_sizes_are_the_numbers_of_values():
    selection = RadixSelection(3)
    for _ in range(2):
        selection.observe(torch.tensor([0.1, 0.2, 0.3]), torch.tensor([2, 0, 2]))
    assert selection.end_pass().tolist() == [2, 0, 4]


def test_values_may_be_read_twice():
    selection = RadixSelection(1)
    selection.end_pass()
    selection.choose(torch.tensor([1]), torch.tensor([1]))
    selection.end_pass()
    assert selection.values().tolist() == selection.values().tolist() == [0.0]


def test_state_does_not_grow_with_the_values():
    def state(count: int) -> int:
        selection = RadixSelection(19)
        selection.observe(torch.rand(count), torch.randint(19, (count,)))
        return sum(value.nbytes for value in vars(selection).values() if isinstance(value, torch.Tensor))

    assert state(10) == state(10_000) <= 10e6


@pytest.mark.parametrize('rank', [-1, 3])
def test_ranks_beyond_the_values_are_refused(rank):
    with pytest.raises(ValueError, match=rf'ranks must lie between 0 and .*, got \[{rank}\] for \[2\] values'):
        select([0.1, 0.2], [0, 0], [rank])


def test_another_second_pass_is_refused():
    selection = RadixSelection(1)
    selection.observe(torch.tensor([0.5, 0.25]), torch.tensor([0, 0]))
    selection.end_pass()
    selection.choose(torch.tensor([1]))
    selection.observe(torch.tensor([0.75, 0.25]), torch.tensor([0, 0]))
    selection.end_pass()
    with pytest.raises(RuntimeError, match='other values than the first'):
        selection.values()
