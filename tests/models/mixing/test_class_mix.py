import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mmuda.models.mixing import DeviceClassDraw, NumpyClassDraw
from mmuda.models.mixing.class_mix import class_mask, paste

DRAWS = pytest.mark.parametrize('draw', [DeviceClassDraw, NumpyClassDraw])
LABELS = arrays(np.int64, array_shapes(min_dims=3, max_dims=3, max_side=5), elements=st.sampled_from([0, 1, 18, 255]))


def ids(row: torch.Tensor) -> set[int]:
    return set(row.nonzero()[:, 0].tolist())


@DRAWS
@given(labels=LABELS, mix_ignored=st.booleans())
@settings(max_examples=30, deadline=None)
def test_half_of_the_classes_of_each_label_is_drawn(draw, labels, mix_ignored):
    for label, row in zip(labels, draw(mix_ignored)(torch.from_numpy(labels))):
        present = set(np.unique(label).tolist()) - (set() if mix_ignored else {255})
        assert ids(row) <= present
        assert len(ids(row)) == (len(present) + 1) // 2


@DRAWS
def test_every_subset_is_equally_likely(draw):
    torch.manual_seed(0)
    np.random.seed(0)
    labels = torch.tensor([0, 3, 7, 255]).expand(3000, 1, 4)
    drawn = draw()(labels)[:, [0, 3, 7, 255]].long() @ torch.tensor([1, 2, 4, 8])
    counts = drawn.bincount(minlength=16)
    # Six pairs, 500 each; the deviation is 20.
    assert sorted(counts.nonzero()[:, 0].tolist()) == [3, 5, 6, 9, 10, 12]
    assert ((counts[counts > 0] - 500).abs() < 100).all()


@DRAWS
def test_images_draw_for_themselves(draw):
    torch.manual_seed(0)
    np.random.seed(0)
    labels = torch.arange(20).expand(2, 1, 20)
    first, second = draw()(labels)
    assert ids(first) != ids(second)


@DRAWS
def test_a_label_without_a_class_draws_nothing(draw):
    assert not draw(mix_ignored=False)(torch.full((1, 2, 2), 255)).any()


def test_published_draw_is_that_of_the_global_state():
    labels = torch.tensor([[[1, 4, 255, 9, 9]]])
    np.random.seed(3)
    want = np.array([1, 4, 9, 255])[np.random.choice(4, 2, replace=False)]
    np.random.seed(3)
    assert ids(NumpyClassDraw()(labels)[0]) == set(want.tolist())


def test_mask_covers_the_drawn_classes():
    labels = torch.tensor([[[0, 1, 255]], [[1, 1, 0]]])
    drawn = torch.zeros(2, 256, dtype=torch.bool)
    drawn[0, [1, 255]] = True
    drawn[1, 0] = True
    assert class_mask(labels, drawn).tolist() == [[[False, True, True]], [[False, False, True]]]


def test_paste_keeps_the_target_outside_the_mask():
    mask = torch.tensor([[[True, False]]])
    source, target = torch.ones(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
    assert paste(mask, source, target).tolist() == [[[[1.0, 0.0]]] * 3]


@pytest.mark.parametrize('shape', [(1, 3, 2, 2), (2, 3, 2, 4)], ids=['number', 'size'])
def test_batches_that_do_not_pair_are_refused(shape):
    with pytest.raises(ValueError, match=r'source batch is \(2, 3, 2, 2\).*same batch size and crop size'):
        paste(torch.ones(2, 2, 2, dtype=torch.bool), torch.zeros(2, 3, 2, 2), torch.zeros(shape))
