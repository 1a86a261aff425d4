import pytest
import torch

from mmuda.models.augmentation.confidence_weight import confidence_weight

CONFIDENCE = torch.tensor([[[0.5, 0.9]], [[0.9, 1.0]]])


@pytest.mark.parametrize(
    'weighting, want',
    [
        ('batch', [[[0.75, 0.75]], [[0.75, 0.75]]]),
        ('image', [[[0.5, 0.5]], [[1.0, 1.0]]]),
        ('pixel', [[[0.0, 1.0]], [[1.0, 1.0]]]),
        ('none', [[[1.0, 1.0]], [[1.0, 1.0]]]),
    ],
)
def test_weightings(weighting, want):
    assert confidence_weight(CONFIDENCE, 0.9, weighting).tolist() == want


def test_without_a_confident_pixel_the_weight_is_zero():
    assert not confidence_weight(torch.full((2, 3, 3), 0.5)).any()


def test_unknown_weighting_is_refused():
    with pytest.raises(ValueError, match="must be one of .*'batch', 'image', 'pixel', 'none'.*, got 'mean'"):
        confidence_weight(CONFIDENCE, weighting='mean')
