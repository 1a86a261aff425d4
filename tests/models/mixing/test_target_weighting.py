import pytest
import torch

from mmuda.models.mixing import ConfidentPixels, ConfidentShare, EqualWeight, TargetWeighting

CONFIDENCE = torch.tensor([[[0.5, 0.9]], [[0.9, 1.0]]])


@pytest.mark.parametrize(
    'weighting, want',
    [
        (ConfidentShare(0.9), [[[0.75, 0.75]], [[0.75, 0.75]]]),
        (ConfidentShare(0.9, of='image'), [[[0.5, 0.5]], [[1.0, 1.0]]]),
        (ConfidentPixels(0.9), [[[0.0, 1.0]], [[1.0, 1.0]]]),
        (EqualWeight(), [[[1.0, 1.0]], [[1.0, 1.0]]]),
    ],
)
def test_weights(weighting: TargetWeighting, want: list) -> None:
    assert weighting(CONFIDENCE).tolist() == want


def test_without_a_confident_pixel_the_weight_is_zero():
    assert not ConfidentShare()(torch.full((2, 3, 3), 0.5)).any()


def test_unknown_span_is_refused():
    with pytest.raises(ValueError, match="of must be one of .*'batch', 'image'.*, got 'mean'"):
        ConfidentShare(of='mean')


@pytest.mark.parametrize('kind', [ConfidentShare, ConfidentPixels])
def test_threshold_that_is_no_probability_is_refused(kind):
    with pytest.raises(ValueError, match=r'threshold must lie in \[0, 1\], got 96.8'):
        kind(96.8)
