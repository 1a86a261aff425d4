import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmuda.pseudo_labels import RankedCertainty, unify_ranks
from mmuda.pseudo_labels.ensemble.rank_unification import class_ranks


def random_bytes(seed: int, num_classes: int, highest: int = 100) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(highest + 1, (2, num_classes, 3, 4), generator=generator, dtype=torch.uint8)


@given(seed=st.integers(0, 99), num_classes=st.integers(1, 7), highest=st.sampled_from([2, 100]))
@settings(deadline=None, max_examples=30)
def test_ranks_are_those_of_a_stable_sort(seed, num_classes, highest):
    certainties = random_bytes(seed, num_classes, highest)[0]
    want = certainties.argsort(dim=0, stable=True).argsort(dim=0)
    np.testing.assert_array_equal(class_ranks(certainties), want)


@given(seed=st.integers(0, 99), num_classes=st.integers(1, 7))
@settings(deadline=None, max_examples=30)
def test_means_of_the_sorted_certainties(seed, num_classes):
    certainties = random_bytes(seed, num_classes)
    ranked = RankedCertainty(num_classes)
    for image in (certainties, certainties[:1]):
        ranked.update(image)
    want = torch.cat([certainties, certainties[:1]]).double().sort(dim=1).values.mean(dim=(0, 2, 3))
    torch.testing.assert_close(ranked.mean(), want)


def test_teachers_are_averaged_after_the_exchange():
    certainties = torch.tensor([[90, 10], [5, 4]], dtype=torch.uint8)[..., None, None]
    got = unify_ranks(certainties, torch.tensor([20.0, 80.0]))
    assert got.flatten().tolist() == [80, 20]


def test_unknown_classes_are_the_least_certain_ones_of_their_teacher():
    ranked = RankedCertainty(2)
    ranked.update(torch.tensor([[60, 40], [90, 0]], dtype=torch.uint8)[..., None, None])
    assert ranked.mean().tolist() == [20, 75]


def test_delta_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r'got \(2, 3, 3, 4\) and \(2,\)'):
        unify_ranks(random_bytes(0, 3), torch.zeros(2))


def test_another_number_of_classes_is_refused():
    with pytest.raises(ValueError, match=r'expected certainties \(T, 4, H, W\), got \(2, 3, 3, 4\)'):
        RankedCertainty(4).update(random_bytes(0, 3))
