import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmuda.pseudo_labels.thresholds.assignment import reweighted_class, top_class


@given(seed=st.integers(0, 99), levels=st.integers(1, 9))
@settings(deadline=None, max_examples=50)
def test_top_class_equals_max(seed, levels):
    """Few levels make ties."""
    maps = torch.randint(-levels, levels + 1, (5, 3, 4), generator=torch.Generator().manual_seed(seed)).float()
    (value, label), expected = top_class(maps), maps.max(dim=0)
    assert torch.equal(value, expected.values)
    assert torch.equal(label.long(), expected.indices)


def test_top_class_leaves_its_input_as_it_is():
    maps = torch.tensor([[[1.0]], [[2.0]]])
    top_class(maps)
    assert maps.flatten().tolist() == [1, 2]


def test_a_score_equal_to_its_threshold_has_ratio_one():
    scores = torch.tensor([0.9999871, 1e-7]).view(2, 1, 1)
    ratio, label = reweighted_class(scores, torch.tensor([0.9999871, 1.0]))
    assert ratio.item() == 1 and label.item() == 0


def test_the_ratio_decides_not_the_score():
    ratio, label = reweighted_class(torch.tensor([0.6, 0.4]).view(2, 1, 1), torch.tensor([0.9, 0.5]))
    assert label.item() == 1
    torch.testing.assert_close(ratio, torch.tensor([[0.8]]))
