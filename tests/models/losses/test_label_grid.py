import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmuda.models.losses.label_grid import label_grid


def columns(width: int) -> torch.Tensor:
    """Labels that are the numbers of their columns."""
    return torch.arange(width).expand(2, width, width)


def test_stride_8_takes_rows_and_columns_4_12_20():
    labels = torch.arange(24 * 24).reshape(1, 24, 24)
    want = [[24 * row + column for column in (4, 12, 20)] for row in (4, 12, 20)]
    assert label_grid(labels, (3, 3))[0].tolist() == want


def test_a_mirrored_label_gives_the_mirrored_grid():
    labels = columns(24)
    got = label_grid(labels, (3, 3), [False, True])
    assert got[:, 0].tolist() == [[4, 12, 20], [3, 11, 19]]


@given(stride=st.integers(1, 9), cells=st.integers(1, 5))
def test_grid_and_mirror_image_commute(stride, cells):
    labels = columns(stride * cells)
    plain = label_grid(labels, (cells, cells))
    mirrored = label_grid(labels.flip(-1), (cells, cells), [True, True])
    assert plain.shape == (2, cells, cells) and torch.equal(mirrored, plain.flip(-1))


def test_logits_at_full_size_keep_every_label():
    assert torch.equal(label_grid(columns(5), (5, 5)), columns(5))


@pytest.mark.parametrize('size', [(3, 5), (5, 3), (48, 24)])
def test_other_sizes_are_refused(size):
    with pytest.raises(ValueError, match=rf'labels of 24x24 .* logits of {size[0]}x{size[1]}.*multiple of the stride'):
        label_grid(columns(24), size)
