import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmuda.pseudo_labels.labelers.mc_dropout import (
    PassStatistics,
    certain_label,
    mean_label,
    min_label,
    negative_labels,
)


def random_passes(number: int, seed: int) -> torch.Tensor:
    logits = torch.randn(number, 3, 4, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return logits.mul(3).softmax(dim=1)


def statistics_of(passes: torch.Tensor) -> PassStatistics:
    statistics = PassStatistics()
    for probabilities in passes:
        statistics.update(probabilities)
    return statistics


@given(number=st.integers(1, 6), seed=st.integers(0, 20))
def test_streamed_statistics_are_those_of_all_passes(number, seed):
    passes = random_passes(number, seed)
    statistics = statistics_of(passes)
    torch.testing.assert_close(statistics.mean, passes.mean(0))
    torch.testing.assert_close(statistics.minimum, passes.amin(0))
    torch.testing.assert_close(statistics.std, passes.std(0, correction=0))


def test_passes_given_are_left_as_they_are():
    passes = random_passes(3, 0)
    before = passes.clone()
    statistics_of(passes)
    assert torch.equal(passes, before)


@given(seed=st.integers(0, 20), threshold=st.floats(0.51, 1))
def test_minimum_at_the_class_of_the_mean_gives_the_same_label(seed, threshold):
    statistics = statistics_of(random_passes(3, seed))
    at_mean = statistics.minimum.gather(0, statistics.mean.argmax(0, keepdim=True))[0]
    published = statistics.minimum.argmax(0).masked_fill(at_mean < threshold, 255)
    assert torch.equal(min_label(statistics.minimum, threshold), published.byte())


@given(seed=st.integers(0, 20))
def test_classes_excluded_are_never_the_label(seed):
    statistics = statistics_of(random_passes(4, seed))
    label = mean_label(statistics.mean, 0.5).long()
    negative = negative_labels(statistics.mean, statistics.std, max_std=1.0)
    assert not negative.movedim(0, -1)[label != 255].gather(1, label[label != 255][:, None]).any()


def test_label_on_which_passes_differ_is_ignored():
    mean, std = torch.tensor([[0.9, 0.9], [0.1, 0.1]]), torch.tensor([[0.05, 0.06], [0.0, 0.0]])
    assert certain_label(mean, std, threshold=0.8).tolist() == [0, 255]


def test_no_statistics_before_the_first_pass():
    with pytest.raises(ValueError, match=r'call update\(\) first'):
        _ = PassStatistics().mean


def test_minimum_that_was_not_wanted():
    statistics = PassStatistics(with_minimum=False)
    statistics.update(torch.ones(2, 3))
    with pytest.raises(ValueError, match='leave with_minimum on'):
        _ = statistics.minimum


def test_pass_of_another_shape_is_refused():
    statistics = statistics_of(torch.zeros(1, 2, 3))
    with pytest.raises(ValueError, match=r'pass 2 has the shape \(2, 4\), the passes before it \(2, 3\)'):
        statistics.update(torch.zeros(2, 4))


def test_256_classes_are_refused():
    with pytest.raises(ValueError, match='at most 255 classes'):
        mean_label(torch.zeros(256, 1))


@given(seed=st.integers(0, 20), threshold=st.floats(0.0, 1))
def test_minimum_looked_up_at_the_class_of_the_mean(seed, threshold):
    statistics = statistics_of(random_passes(3, seed))
    at_mean = statistics.minimum.gather(0, statistics.mean.argmax(0, keepdim=True))[0]
    published = statistics.minimum.argmax(0).masked_fill(at_mean < threshold, 255)
    assert torch.equal(min_label(statistics.minimum, threshold, statistics.mean), published.byte())
