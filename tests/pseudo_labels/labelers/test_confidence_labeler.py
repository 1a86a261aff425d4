import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmuda.pseudo_labels import ConfidenceLabeler

PROBABILITIES = torch.tensor([[[0.95, 0.5, 0.1]], [[0.05, 0.5, 0.9]]])


def test_every_pixel_is_labeled_without_threshold():
    assert ConfidenceLabeler()(PROBABILITIES).label.tolist() == [[0, 0, 1]]


def test_threshold_itself_is_kept():
    assert ConfidenceLabeler(0.5)(PROBABILITIES).label.tolist() == [[0, 0, 1]]


def test_pixels_below_the_threshold_are_ignored():
    assert ConfidenceLabeler(0.94)(PROBABILITIES).label.tolist() == [[0, 255, 255]]


def test_confidence_is_the_highest_probability():
    torch.testing.assert_close(ConfidenceLabeler(0.94)(PROBABILITIES).confidence, torch.tensor([[0.95, 0.5, 0.9]]))


@given(low=st.floats(0.01, 1), high=st.floats(0.01, 1), seed=st.integers(0, 9))
def test_higher_thresholds_never_label_more(low, high, seed):
    low, high = sorted((low, high))
    probabilities = torch.rand(4, 5, 6, generator=torch.Generator().manual_seed(seed)).mul(5).softmax(0)
    strict, loose = (ConfidenceLabeler(threshold)(probabilities).label for threshold in (high, low))
    assert torch.equal(strict[strict != 255], loose[strict != 255])


@pytest.mark.parametrize('threshold', [0, -0.1, 1.1])
def test_thresholds_out_of_range_are_refused(threshold):
    with pytest.raises(ValueError, match=rf'threshold must lie in \(0, 1\], got {threshold}'):
        ConfidenceLabeler(threshold)


def test_255_classes_fit():
    assert ConfidenceLabeler()(torch.eye(255)[:, None]).label[0, 254] == 254


def test_256_classes_are_refused():
    with pytest.raises(ValueError, match='8 bits.*at most 255 classes, got 256'):
        ConfidenceLabeler()(torch.full((256, 1, 1), 1 / 256))


@pytest.mark.parametrize('threshold', [1e-6, 0.5, 1.0])
def test_nan_reaches_no_threshold(threshold):
    probabilities = PROBABILITIES.clone()
    probabilities[:, 0, 0] = torch.nan
    assert ConfidenceLabeler(threshold)(probabilities).label[0, 0] == 255
