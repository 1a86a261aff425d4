import cv2
import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from torch import nn

from mmuda.pseudo_labels import MultiViewPredictor

HEADS = dict(
    dual=dict(type='DualClassifierHead', in_channels=(2, 4), branch_channels=32, channels=32, dilations=(1,)),
    generic=dict(type='FCNHead', in_channels=4, in_index=1, channels=4, num_convs=1),
)


@pytest.fixture(params=HEADS)
def segmentor(request) -> nn.Module:
    return build(HEADS[request.param], num_classes=5)


def build(head: dict, **settings) -> nn.Module:
    init_default_scope('mmseg')
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='EncoderDecoder',
            data_preprocessor=dict(type='UDADataPreprocessor', mean=[100.0] * 3, std=[50.0] * 3),
            backbone=dict(type='ResNet', depth=18, base_channels=2, stem_channels=2, out_indices=(0, 1)),
            decode_head=dict(head, **settings),
            test_cfg=ConfigDict(mode='whole'),
        )
    ).eval()


class PixelSegmentor:
    """Predicts every pixel from its color and records what it is shown."""

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []

    def test_step(self, data: dict) -> list:
        image, sample = data['inputs'][0], data['data_samples'][0]
        self.seen.append(image.permute(1, 2, 0).numpy())
        height, width = sample.ori_shape
        logits = image[None].float()
        if sample.flip:
            logits = logits.flip(3)
        logits = nn.functional.interpolate(logits, (height, width), mode='bilinear')[0] / 64
        sample.seg_logits = PixelData(data=logits)
        return [sample]


@pytest.fixture
def image() -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, (24, 40, 3), np.uint8)
    return cv2.GaussianBlur(noise, (5, 5), 0)


def test_probabilities_at_the_size_of_the_image(segmentor, image):
    probabilities = MultiViewPredictor(scales=[0.5, (64, 48)])(segmentor, image, 'a.png')
    assert probabilities.shape == (5, 24, 40)
    torch.testing.assert_close(probabilities.sum(0), torch.ones(24, 40))


def test_one_view_is_the_stock_prediction(segmentor, image):
    inputs = torch.from_numpy(image).permute(2, 0, 1)
    sample = segmentor.test_step(dict(inputs=[inputs], data_samples=None))[0]
    got = MultiViewPredictor(flip=False)(segmentor, image, 'a.png')
    torch.testing.assert_close(got, sample.seg_logits.data.softmax(0))


def test_mirrored_image_gives_the_mirrored_prediction(segmentor, image):
    predictor = MultiViewPredictor(scales=[1.25])
    torch.testing.assert_close(
        predictor(segmentor, image[:, ::-1], 'a.png'), predictor(segmentor, image, 'a.png').flip(2)
    )


def test_views_are_averaged(segmentor, image):
    parts = [MultiViewPredictor(scales=[scale])(segmentor, image, 'a.png') for scale in (1.0, 1.5)]
    torch.testing.assert_close(MultiViewPredictor(scales=[1.0, 1.5])(segmentor, image, 'a.png'), sum(parts) / 2)


def test_mirror_view_is_mirrored_back(image):
    torch.testing.assert_close(
        MultiViewPredictor(flip=True)(PixelSegmentor(), image, 'a.png'),
        MultiViewPredictor(flip=False)(PixelSegmentor(), image, 'a.png'),
    )


def test_order_and_sizes_of_views(image):
    segmentor = PixelSegmentor()
    MultiViewPredictor(scales=[1, (20, 16), 1.25])(segmentor, image, 'a.png')
    assert [view.shape[:2] for view in segmentor.seen] == [(24, 40)] * 2 + [(16, 20)] * 2 + [(30, 50)] * 2
    np.testing.assert_array_equal(segmentor.seen[1], image[:, ::-1])


def test_image_is_left_as_it_is(segmentor, image):
    before = image.copy()
    MultiViewPredictor()(segmentor, image, 'a.png')
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize('scales', [[0.0], [(1024, -1)], [(1024,)], [(1, 2, 3)]])
def test_bad_scales_are_refused(scales):
    with pytest.raises(ValueError, match=r'scales has .* expected \(width, height\) in pixels or a factor'):
        MultiViewPredictor(scales=scales)


def test_no_scales_are_refused():
    with pytest.raises(ValueError, match='at least one entry in `scales`'):
        MultiViewPredictor(scales=[])


def test_segmentor_with_one_output_is_refused(image):
    segmentor = build(HEADS['generic'], num_classes=2, out_channels=1, threshold=0.3)
    with pytest.raises(ValueError, match='one output per class.*out_channels=num_classes'):
        MultiViewPredictor()(segmentor, image, 'a.png')


@pytest.mark.parametrize('shape', [(20, 20), (19, 23)])
@pytest.mark.parametrize('divisor', [8, 32])
@pytest.mark.parametrize('head', HEADS)
def test_padding_of_the_preprocessor_moves_no_edge(shape, divisor, head):
    segmentor = build(HEADS[head], num_classes=3)
    segmentor.extract_feat = lambda inputs: inputs  # colors are logits
    segmentor.decode_head.forward = lambda x: dict(aux=0 * x, main=x) if head == 'dual' else x
    image = np.zeros((*shape, 3), np.uint8)
    image[:, :10, 1], image[:, 10:, 2] = 255, 255
    want = MultiViewPredictor([1.0, 1.5])(segmentor, image, 'a.png')
    segmentor.data_preprocessor.test_cfg = dict(size_divisor=divisor)
    got = MultiViewPredictor([1.0, 1.5])(segmentor, image, 'a.png')
    torch.testing.assert_close(got, want, rtol=0, atol=0.02)  # where scaled, the last column sees the padding
    np.testing.assert_array_equal(got.argmax(0), want.argmax(0))
