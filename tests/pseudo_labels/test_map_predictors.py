import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmuda.pseudo_labels import LogitMapPredictor, SoftmaxMapPredictor

IMAGE = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)


class Averages(nn.Module):
    """A segmentor of stride 8 whose logits are mean colours; remembers what it was shown."""

    def __init__(self, stride: int = 8) -> None:
        super().__init__()
        self.stride = stride
        self.decode_head = nn.Identity()
        self.inputs: list[torch.Tensor] = []

    def data_preprocessor(self, data: dict) -> dict:
        return dict(inputs=torch.stack(data['inputs']).float() / 64)

    def extract_feat(self, inputs: torch.Tensor) -> torch.Tensor:
        self.inputs.append(inputs)
        return F.avg_pool2d(inputs, self.stride, ceil_mode=True)


class Fused(nn.Module):
    """A head of two classifiers."""

    def forward(self, features: torch.Tensor) -> dict[str, torch.Tensor]:
        return dict(aux=features, main=2 * features)

    def fuse(self, logits: dict[str, torch.Tensor]) -> torch.Tensor:
        return (logits['aux'] + logits['main']).softmax(dim=1)


PREDICTORS = [SoftmaxMapPredictor(long_side=24), LogitMapPredictor(scale=1.)]


@pytest.mark.parametrize('predictor', PREDICTORS)
def test_probabilities_have_the_size_of_the_image(predictor):
    probabilities = predictor(Averages(), IMAGE)
    assert probabilities.shape == (3, 16, 24)
    torch.testing.assert_close(probabilities.sum(0), torch.ones(16, 24), rtol=0, atol=1e-5)


@pytest.mark.parametrize('predictor', PREDICTORS)
def test_mirrored_image_has_mirrored_probabilities(predictor):
    got = predictor(Averages(), np.ascontiguousarray(IMAGE[:, ::-1]))
    torch.testing.assert_close(got, predictor(Averages(), IMAGE).flip(2), rtol=0, atol=1e-5)


@pytest.mark.parametrize('predictor', PREDICTORS)
def test_maps_can_be_kept_in_between(predictor):
    encoded = predictor.encode(Averages(), IMAGE)
    assert encoded.dtype == torch.float32 and encoded.shape[-2:] == (2, 3)
    assert torch.equal(predictor.decode(encoded, IMAGE.shape[:2]), predictor(Averages(), IMAGE))


@pytest.mark.parametrize('kind, size', [(SoftmaxMapPredictor, dict(long_side=24)), (LogitMapPredictor, dict(scale=1.))])
def test_without_mirror_image_the_network_runs_once(kind, size):
    segmentor = Averages()
    kind(flip=False, **size)(segmentor, IMAGE)
    assert len(segmentor.inputs) == 1


def test_softmax_of_the_logits_is_averaged_with_the_mirror_image():
    segmentor = Averages()
    encoded = SoftmaxMapPredictor(long_side=24).encode(segmentor, IMAGE)
    views = [F.avg_pool2d(inputs, 8).softmax(1)[0] for inputs in segmentor.inputs]
    assert torch.equal(encoded, 0.5 * (views[0] + views[1].flip(2)))


def test_fused_probabilities_of_two_classifiers():
    segmentor = Averages()
    segmentor.decode_head = Fused()
    encoded = SoftmaxMapPredictor(long_side=24, flip=False).encode(segmentor, IMAGE)
    torch.testing.assert_close(encoded, (3 * F.avg_pool2d(segmentor.inputs[0], 8)).softmax(1)[0])


def test_fused_logits_of_two_classifiers():
    segmentor = Averages()
    segmentor.decode_head = Fused()
    encoded = LogitMapPredictor(scale=1., flip=False).encode(segmentor, IMAGE)
    torch.testing.assert_close(encoded.softmax(1), (3 * F.avg_pool2d(segmentor.inputs[0], 8)).softmax(1))


@pytest.mark.parametrize('size, long_side, want', [
    ((1024, 2048), 1850, (925, 1850)), ((1024, 2048), 2048, (1024, 2048)), ((2048, 1024), 1850, (1850, 925)),
    ((5, 20), 10, (2, 10))])
def test_size_of_the_input(size, long_side, want):
    assert SoftmaxMapPredictor(long_side).input_size(size) == want


def test_input_is_padded_to_whole_cells():
    segmentor = Averages()
    encoded = SoftmaxMapPredictor(long_side=21).encode(segmentor, IMAGE)
    assert segmentor.inputs[0].shape == (1, 3, 16, 24) and encoded.shape == (3, 2, 3)
    assert not segmentor.inputs[0][:, :, 14:].any() and not segmentor.inputs[0][:, :, :, 21:].any()


@pytest.mark.parametrize('scale, want', [(0.5, (8, 12)), ((16, 8), (8, 16))])
def test_scale_of_the_input(scale, want):
    segmentor = Averages()
    LogitMapPredictor(scale)(segmentor, IMAGE)
    assert segmentor.inputs[0].shape[2:] == want


@pytest.mark.parametrize('align_corners', [False, True])
def test_logits_are_resized_before_the_softmax(align_corners):
    predictor = LogitMapPredictor(1., flip=False, align_corners=align_corners)
    encoded = predictor.encode(Averages(), IMAGE)
    want = F.interpolate(encoded, (16, 24), mode='bilinear', align_corners=align_corners).softmax(1)[0]
    assert torch.equal(predictor.decode(encoded, (16, 24)), want)


@pytest.mark.parametrize('settings', [dict(long_side=0), dict(stride=0)])
def test_sizes_below_one_are_refused(settings):
    with pytest.raises(ValueError, match='long_side and stride must be positive, got'):
        SoftmaxMapPredictor(**settings)


@pytest.mark.parametrize('scale', [0, -1., (4, 0), (4, 4, 4)])
def test_scales_that_are_none_are_refused(scale):
    with pytest.raises(ValueError, match='LogitMapPredictor: scale = .*expected a positive factor or'):
        LogitMapPredictor(scale)
