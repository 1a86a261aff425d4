import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from mmuda.models.decode_heads import MultiOutputHead
from mmuda.models.segmentors import UDADataPreprocessor
from mmuda.pseudo_labels import CachedLogits, LogitMapPredictor, SoftmaxMapPredictor

IMAGE = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)


class Head(nn.Identity):
    """Gives its input."""

    def __init__(self, align_corners: bool = True) -> None:
        super().__init__()
        self.align_corners = align_corners


class Averages(nn.Module):
    """A segmentor of stride 8 whose logits are mean colors; remembers what it was shown."""

    def __init__(self, stride: int = 8, align_corners: bool = True, divisor: int | None = None) -> None:
        super().__init__()
        self.stride = stride
        self.decode_head = Head(align_corners)
        self.inputs: list[torch.Tensor] = []
        self.data_preprocessor = UDADataPreprocessor(
            mean=[0.0] * 3, std=[64.0] * 3, pad_val=100.0, test_cfg=divisor and dict(size_divisor=divisor)
        )

    def extract_feat(self, inputs: torch.Tensor) -> torch.Tensor:
        self.inputs.append(inputs)
        return F.avg_pool2d(inputs, self.stride, ceil_mode=True)


class Fused(MultiOutputHead, nn.Module):
    """A head of two classifiers."""

    align_corners = True

    def forward(self, features: torch.Tensor) -> dict[str, torch.Tensor]:
        return dict(aux=features, main=2 * features)

    def fuse(self, logits: dict[str, torch.Tensor]) -> torch.Tensor:
        return (logits['aux'] + logits['main']).softmax(dim=1)


PREDICTORS = [SoftmaxMapPredictor(long_side=24), LogitMapPredictor(scale=1.0)]


@pytest.mark.parametrize('predictor', PREDICTORS)
def test_probabilities_have_the_size_of_the_image(predictor):
    probabilities = predictor(Averages(), IMAGE, 'a.png')
    assert probabilities.shape == (3, 16, 24)
    torch.testing.assert_close(probabilities.sum(0), torch.ones(16, 24), rtol=0, atol=1e-5)


@pytest.mark.parametrize('predictor', PREDICTORS)
def test_mirrored_image_has_mirrored_probabilities(predictor):
    got = predictor(Averages(), np.ascontiguousarray(IMAGE[:, ::-1]), 'a.png')
    torch.testing.assert_close(got, predictor(Averages(), IMAGE, 'a.png').flip(2), rtol=0, atol=1e-5)


@pytest.mark.parametrize('predictor', PREDICTORS)
def test_maps_can_be_kept_in_between(predictor):
    encoded = predictor.encode(Averages(), IMAGE, 'a.png')
    assert encoded.values.dtype == torch.float32 and encoded.values.shape[-2:] == (2, 3)
    assert torch.equal(predictor.decode(encoded, IMAGE.shape[:2]), predictor(Averages(), IMAGE, 'a.png'))


@pytest.mark.parametrize(
    'kind, size', [(SoftmaxMapPredictor, dict(long_side=24)), (LogitMapPredictor, dict(scale=1.0))]
)
def test_without_mirror_image_the_network_runs_once(kind, size):
    segmentor = Averages()
    kind(flip=False, **size)(segmentor, IMAGE, 'a.png')
    assert len(segmentor.inputs) == 1


def test_softmax_of_the_logits_is_averaged_with_the_mirror_image():
    segmentor = Averages()
    encoded = SoftmaxMapPredictor(long_side=24).encode(segmentor, IMAGE, 'a.png').values
    views = [F.avg_pool2d(inputs, 8).softmax(1)[0] for inputs in segmentor.inputs]
    assert torch.equal(encoded, 0.5 * (views[0] + views[1].flip(2)))


def test_fused_probabilities_of_two_classifiers():
    segmentor = Averages()
    segmentor.decode_head = Fused()
    encoded = SoftmaxMapPredictor(long_side=24, flip=False).encode(segmentor, IMAGE, 'a.png').values
    torch.testing.assert_close(encoded, (3 * F.avg_pool2d(segmentor.inputs[0], 8)).softmax(1)[0])


def test_fused_logits_of_two_classifiers():
    segmentor = Averages()
    segmentor.decode_head = Fused()
    encoded = LogitMapPredictor(scale=1.0, flip=False).encode(segmentor, IMAGE, 'a.png').values
    torch.testing.assert_close(encoded.softmax(1), (3 * F.avg_pool2d(segmentor.inputs[0], 8)).softmax(1))


@pytest.mark.parametrize(
    'size, long_side, want',
    [
        ((1024, 2048), 1850, (925, 1850)),
        ((1024, 2048), 2048, (1024, 2048)),
        ((2048, 1024), 1850, (1850, 925)),
        ((5, 20), 10, (2, 10)),
    ],
)
def test_size_of_the_input(size, long_side, want):
    assert SoftmaxMapPredictor(long_side).input_size(size) == want


def test_input_is_padded_to_whole_cells():
    segmentor = Averages()
    encoded = SoftmaxMapPredictor(long_side=21).encode(segmentor, IMAGE, 'a.png')
    assert segmentor.inputs[0].shape == (1, 3, 16, 24) and encoded.values.shape == (3, 2, 3)
    assert not segmentor.inputs[0][:, :, 14:].any() and not segmentor.inputs[0][:, :, :, 21:].any()


@pytest.mark.parametrize('scale, want', [(0.5, (8, 12)), ((16, 8), (8, 16))])
def test_scale_of_the_input(scale, want):
    segmentor = Averages()
    LogitMapPredictor(scale)(segmentor, IMAGE, 'a.png')
    assert segmentor.inputs[0].shape[2:] == want


@pytest.mark.parametrize('scale, size', [(0.9, (25, 34)), (0.6, (17, 23)), (1.3, (36, 49))])
def test_published_resizing_is_opencvs_by_the_factor(scale, size):
    image = np.random.default_rng(0).integers(0, 256, (28, 38, 3), np.uint8)
    segmentor = Averages()
    LogitMapPredictor(scale, flip=False, backend='cv2').encode(segmentor, image, 'a.png')
    want = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    assert want.shape[:2] == size
    np.testing.assert_array_equal(segmentor.inputs[0][0].permute(1, 2, 0) * 64, want)
    assert (cv2.resize(image, size[::-1]) != want).any()  # the size alone says less than the factor


def test_published_size_of_cityscapes_images_is_rounded():
    segmentor = Averages()
    LogitMapPredictor(0.9, flip=False, backend='cv2').encode(segmentor, np.zeros((1024, 2048, 3), np.uint8), 'a.png')
    assert segmentor.inputs[0].shape[2:] == (922, 1843)


def test_image_is_resized_by_pillow_unless_told_otherwise():
    segmentor = Averages()
    LogitMapPredictor(0.5, flip=False).encode(segmentor, IMAGE, 'a.png')
    want = Image.fromarray(IMAGE).resize((12, 8), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(segmentor.inputs[0][0].permute(1, 2, 0) * 64, np.asarray(want))


def test_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="LogitMapPredictor: backend = 'pil', expected one of"):
        LogitMapPredictor(backend='pil')


@pytest.mark.parametrize('align_corners', [False, True])
def test_logits_are_resized_before_the_softmax(align_corners):
    predictor = LogitMapPredictor(1.0, flip=False)
    encoded = predictor.encode(Averages(align_corners=align_corners), IMAGE, 'a.png')
    want = F.interpolate(encoded.values, (16, 24), mode='bilinear', align_corners=align_corners).softmax(1)[0]
    assert torch.equal(predictor.decode(encoded, (16, 24)), want)


def edge(side: int = 20, column: int = 10) -> np.ndarray:
    """An image that is green on the left and red on the right."""
    image = np.zeros((side, side, 3), np.uint8)
    image[:, :column, 1], image[:, column:, 2] = 255, 255
    return image


PADDED = [SoftmaxMapPredictor(long_side=20, stride=1), LogitMapPredictor(scale=1.0), LogitMapPredictor((20, 20), False)]


@pytest.mark.parametrize('predictor', PADDED)
@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('divisor', [8, 32])
def test_padding_of_the_preprocessor_moves_no_edge(predictor, align_corners, divisor):
    segmentor = Averages(1, align_corners, divisor)
    got = predictor(segmentor, edge(), 'a.png')
    assert segmentor.inputs[0].shape[2:] == ((24, 24) if divisor == 8 else (32, 32))
    np.testing.assert_array_equal(got.argmax(0), np.where(np.arange(20) < 10, 1, 2)[None].repeat(20, 0))
    torch.testing.assert_close(got, predictor(Averages(1, align_corners), edge(), 'a.png'), rtol=0, atol=1e-5)


@pytest.mark.parametrize('shape', [(19, 23), (7, 29), (25, 11)])
@pytest.mark.parametrize('align_corners', [False, True])
def test_padded_maps_of_any_size_are_resized_by_their_own_part_alone(shape, align_corners):
    """The network is smooth: its map is linear in the position, and so is what is made of it."""
    rows, columns = np.meshgrid(*(np.arange(side) for side in shape), indexing='ij')
    image = np.stack([3 * rows, 2 * columns, 0 * rows], axis=-1).astype(np.uint8)
    small = LogitMapPredictor(1.0, flip=False).encode(Averages(1, align_corners, 8), image, 'a.png')
    assert small.content == shape and all(side % 8 == 0 for side in small.padded)
    doubled = small.resized((2 * shape[0], 2 * shape[1]))[0, :2] * 64
    steps = [
        (np.arange(2 * side) * (side - 1) / (2 * side - 1) if align_corners else np.arange(2 * side) / 2 - 0.25)
        for side in shape
    ]
    inner = tuple(slice(2, 2 * side - 2) for side in shape)  # beyond, pixels of the padding have a share
    want = np.stack(np.broadcast_arrays(3 * steps[0][:, None], 2 * steps[1][None]))
    np.testing.assert_allclose(doubled[(slice(None), *inner)], want[(slice(None), *inner)], atol=1e-2)


def test_map_of_a_padded_input_is_enlarged_to_the_padded_size():
    segmentor = Averages(8, divisor=16)
    encoded = SoftmaxMapPredictor(long_side=20, flip=False).encode(segmentor, edge(), 'a.png')
    assert (encoded.padded, encoded.content, encoded.values.shape) == ((32, 32), (20, 20), (3, 4, 4))
    assert SoftmaxMapPredictor(long_side=20, flip=False).decode(encoded, (20, 20)).shape == (3, 20, 20)


@pytest.mark.parametrize('align_corners', [False, True])
def test_kept_map_is_decoded_by_itself(align_corners):
    predictor, segmentor = LogitMapPredictor(1.0), Averages(8, align_corners, 32)
    small = predictor.encode(segmentor, edge(), 'a.png')
    again = CachedLogits.from_layout(small.values, [int(number) for number in small.layout])
    assert torch.equal(LogitMapPredictor(0.5).decode(again, (20, 20)), predictor(segmentor, edge(), 'a.png'))


def test_map_without_its_layout_is_refused():
    with pytest.raises(ValueError, match=r'the layout \[\], expected 5 numbers.*label again'):
        CachedLogits.from_layout(torch.zeros(1, 3, 4, 4), [])


@pytest.mark.parametrize('settings', [dict(long_side=0), dict(stride=0)])
def test_sizes_below_one_are_refused(settings):
    with pytest.raises(ValueError, match='long_side and stride must be positive, got'):
        SoftmaxMapPredictor(**settings)


@pytest.mark.parametrize('scale', [0, -1.0, (4, 0), (4, 4, 4)])
def test_scales_that_are_none_are_refused(scale):
    with pytest.raises(ValueError, match='LogitMapPredictor: scale = .*expected a positive factor or'):
        LogitMapPredictor(scale)
