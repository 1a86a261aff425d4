"""The heads of ADVENT, DADA, CTRL and Depth Distribution on other backbones, in stock segmentors and at their start."""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from mmuda.models.decode_heads import AdventHead
from tests.helpers.tiny import REPO

OUTPUTS = {
    'AdventHead': {'main'},
    'DepthFusionHead': {'main', 'depth'},
    'CrossTaskHead': {'main', 'refined', 'depth'},
    'DensityHead': {'main', 'density', 'depth'},
}
BACKBONES = {
    'resnet18': (dict(type='ResNet', depth=18, base_channels=8, stem_channels=8), 64),
    'mit': (
        dict(
            type='MixVisionTransformer',
            embed_dims=8,
            num_layers=[1, 1, 1, 1],
            num_heads=[1, 1, 1, 1],
            sr_ratios=[8, 4, 2, 1],
        ),
        8,
    ),
}
every_head = pytest.mark.parametrize('head', OUTPUTS)


@pytest.fixture(autouse=True)
def scope() -> None:
    init_default_scope('mmseg')


def segmentor(head: str, backbone: str = 'resnet18') -> torch.nn.Module:
    torch.manual_seed(0)
    config, channels = BACKBONES[backbone]
    options = {} if head == 'AdventHead' else dict(hidden_channels=8)
    return MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=config,
            decode_head=dict(type=head, in_channels=channels, in_index=3, num_classes=5, dilations=(1, 2), **options),
            train_cfg=dict(),
            test_cfg=dict(mode='whole'),
        )
    )


@pytest.mark.parametrize('backbone', BACKBONES)
@every_head
def test_outputs_have_one_size(head, backbone):
    model = segmentor(head, backbone)
    outputs = model.decode_head(model.extract_feat(torch.randn(2, 3, 64, 96)))
    assert set(outputs) == OUTPUTS[head]
    assert set(model.decode_head.classifiers) == set(outputs) - {'depth', 'density'}
    for name, value in outputs.items():
        assert value.shape == (2, 5 if name in model.decode_head.classifiers else 1, 2, 3)


@every_head
def test_a_stock_segmentor_trains_main(head):
    model = segmentor(head)
    sample = SegDataSample(
        gt_sem_seg=PixelData(data=torch.zeros(1, 64, 64, dtype=torch.long)), metainfo=dict(img_shape=(64, 64))
    )
    losses = model.loss(torch.randn(2, 3, 64, 64), [sample, sample])
    assert losses['decode.loss_ce'].isfinite()


@every_head
def test_a_prediction_is_resized_once(head):
    model = segmentor(head).eval()
    meta = dict(img_shape=(64, 96), pad_shape=(64, 96), ori_shape=(128, 192))
    with torch.no_grad():
        images = torch.randn(1, 3, 64, 96)
        got = model.encode_decode(images, [meta])
        logits = model.decode_head(model.extract_feat(images))['main']
    want = torch.nn.functional.interpolate(logits, (128, 192), mode='bilinear', align_corners=True)
    torch.testing.assert_close(got, want)


def test_start_is_that_of_the_docstring():
    torch.manual_seed(0)
    head = AdventHead(in_channels=64, num_classes=20)
    head.init_weights()
    for branch in head.classifier.branches:
        assert float(branch.weight.detach().std()) == pytest.approx(0.01, rel=0.03)
        assert float(branch.bias.detach().abs().max()) <= (64 * 9) ** -0.5
        assert branch.bias.any()


def test_second_level():
    head = AdventHead(in_channels=8, num_classes=3, in_index=1, aux_channels=4, aux_index=0)
    outputs = head([torch.randn(1, 4, 9, 9), torch.randn(1, 8, 9, 9)])
    assert {name: value.shape for name, value in outputs.items()} == dict.fromkeys(head.classifiers, (1, 3, 9, 9))
    assert head.classifiers == ('aux', 'main')


@pytest.mark.parametrize('name, stride', [('synthia2cs_r50', 8), ('synthia2cs_mit-b0', 32)])
def test_dada_of_another_backbone_builds_and_predicts(name, stride):
    cfg = Config.fromfile(REPO / 'configs' / 'dada' / f'{name}.py').model
    cfg.segmentor.backbone.init_cfg = None
    cfg.segmentor.decode_head.update(hidden_channels=8, depth_channels=4)
    with torch.no_grad():
        outputs = MODELS.build(cfg).eval()._forward(torch.randn(1, 3, 64, 96))
    height, width = 64 // stride, 96 // stride
    assert {key: tuple(value.shape) for key, value in outputs.items()} == dict(
        main=(1, 16, height, width), depth=(1, 1, height, width)
    )
