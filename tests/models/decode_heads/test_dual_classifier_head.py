"""Two classifiers on any backbone."""

import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from mmuda.models.decode_heads import DualClassifierHead
from tests.helpers.tiny import REPO

CLASSES = 5
BACKBONES = {'gta2cs_r50': 8, 'gta2cs_mit-b0': 16, 'gta2cs_swin-t': 16}  # config, stride of the early map


@pytest.fixture(autouse=True)
def scope() -> None:
    init_default_scope('mmseg')


def tiny_head(**options) -> DualClassifierHead:
    torch.manual_seed(0)
    head = DualClassifierHead(
        in_channels=(4, 8), channels=32, branch_channels=32, dilations=(1, 2), num_classes=CLASSES, **options
    )
    head.init_weights()
    return head


def features(size: tuple[int, int] = (6, 8), late: tuple[int, int] | None = None) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(2, channels, *hw, generator=generator) for channels, hw in ((4, size), (8, late or size))]


def sample(shape: tuple[int, int], **meta) -> SegDataSample:
    return SegDataSample(
        metainfo=dict(img_shape=shape, ori_shape=shape, **meta),
        gt_sem_seg=PixelData(data=torch.zeros(1, *shape, dtype=torch.long)),
    )


def test_both_classifiers_answer_at_the_size_of_the_early_map():
    logits = tiny_head()(features((6, 8), late=(3, 4)))
    assert {name: tuple(value.shape) for name, value in logits.items()} == dict(
        aux=(2, CLASSES, 6, 8), main=(2, CLASSES, 6, 8)
    )


@pytest.mark.parametrize('name, reads', [('aux', [True, False]), ('main', [True, True])])
def test_which_maps_a_classifier_reads(name, reads):
    maps = [value.requires_grad_() for value in features()]
    tiny_head()(maps)[name].sum().backward()
    assert [value.grad is not None and bool(value.grad.any()) for value in maps] == reads


@pytest.mark.parametrize('name', ['aux_classifier', 'main_classifier'])
def test_initial_weights_are_those_of_the_docstring(name):
    torch.manual_seed(0)
    head = DualClassifierHead(in_channels=(16, 16), channels=64, branch_channels=64, dilations=(1,), num_classes=50)
    classifier = getattr(head, name)
    before = [
        parameter.clone() for parameter in [*classifier.branches.parameters(), *classifier.attention.parameters()]
    ]
    head.init_weights()
    bottleneck = classifier.bottleneck[0]
    fan_in = bottleneck.weight[0].numel()
    assert float(bottleneck.weight.std()) == pytest.approx((2 / fan_in) ** 0.5, rel=0.02)
    assert not bottleneck.bias.any()
    assert float(classifier.conv_seg.weight.std()) == pytest.approx(0.001, rel=0.05)
    assert classifier.conv_seg.bias is None
    after = [*classifier.branches.parameters(), *classifier.attention.parameters()]
    assert all(torch.equal(*pair) for pair in zip(before, after))


def test_prediction_is_the_logarithm_of_the_fused_probabilities_at_the_original_size():
    head = tiny_head().eval()
    logits = head(features())
    result = head.predict(features(), [dict(img_shape=(48, 64), ori_shape=(96, 128))] * 2, {})
    assert result.shape == (2, CLASSES, 96, 128)
    torch.testing.assert_close(result.exp().sum(1), torch.ones(2, 96, 128))
    want = torch.nn.functional.interpolate(
        (0.5 * logits['aux'] + logits['main']).softmax(1), (96, 128), mode='bilinear', align_corners=True
    )
    torch.testing.assert_close(result.exp(), want)


@pytest.mark.parametrize('argument', ['in_channels', 'in_index'])
def test_another_number_of_maps_is_refused(argument):
    options = {'in_channels': (4, 8), 'in_index': (0, 1), argument: (0, 1, 2)}
    with pytest.raises(ValueError, match=r'two feature maps.*\(0, 1, 2\)'):
        DualClassifierHead(num_classes=CLASSES, **options)


def stock_segmentor(**test_cfg) -> torch.nn.Module:
    torch.manual_seed(0)
    model = MODELS.build(
        ConfigDict(
            type='EncoderDecoder',
            data_preprocessor=dict(type='SegDataPreProcessor', size_divisor=1),
            backbone=dict(
                type='ResNet',
                depth=18,
                base_channels=4,
                stem_channels=4,
                strides=(1, 2, 2, 1),
                dilations=(1, 1, 1, 2),
                out_indices=(2, 3),
            ),
            decode_head=dict(
                type='DualClassifierHead',
                in_channels=(16, 32),
                channels=32,
                branch_channels=32,
                dilations=(1,),
                num_classes=CLASSES,
                dropout_ratio=0.0,
                loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
            ),
            test_cfg=test_cfg or dict(mode='whole'),
        )
    )
    model.init_weights()
    return model


def test_stock_segmentor_trains_both_classifiers():
    model = stock_segmentor()
    losses = model.loss(torch.randn(2, 3, 32, 48), [sample((32, 48))] * 2)
    total = sum(value for name, value in losses.items() if 'loss' in name)
    total.backward()
    for classifier in (model.decode_head.aux_classifier, model.decode_head.main_classifier):
        assert classifier.conv_seg.weight.grad.any()
    # Both start near log(number of classes).
    assert float(total.detach()) == pytest.approx(1.5 * torch.tensor(CLASSES).log().item(), rel=0.05)


def test_overlapping_windows_give_log_probabilities_at_the_original_size():
    model = stock_segmentor(mode='slide', crop_size=(32, 32), stride=(16, 16)).eval()
    batch = [SegDataSample(metainfo=dict(img_shape=(32, 48), ori_shape=(64, 96), padding_size=(0, 0, 0, 0)))]
    with torch.no_grad():
        logits = model.predict(torch.randn(1, 3, 32, 48), batch)[0].seg_logits.data
    assert logits.shape == (CLASSES, 64, 96)
    total = logits.exp().sum(0)  # exactly 1 in one window, at most 1 for a geometric mean of several
    assert 0.9 < float(total.min()) and float(total.max()) <= 1 + 1e-5


def test_a_single_window_equals_the_whole_image():
    image, batch = torch.randn(1, 3, 32, 48), [sample((32, 48), padding_size=(0, 0, 0, 0))]
    whole, slide = (
        stock_segmentor(**cfg).eval()
        for cfg in (dict(mode='whole'), dict(mode='slide', crop_size=(32, 48), stride=(32, 48)))
    )
    with torch.no_grad():
        results = [model.predict(image, [batch[0].clone()])[0].seg_logits.data for model in (whole, slide)]
    torch.testing.assert_close(*results)


@pytest.mark.parametrize('name', BACKBONES)
def test_shipped_config_of_a_backbone_builds_and_predicts(name):
    cfg = Config.fromfile(REPO / 'configs' / 'mrnet' / f'{name}.py').model
    cfg.segmentor.backbone.init_cfg = None
    cfg.segmentor.decode_head.update(channels=32, branch_channels=32)
    model = MODELS.build(cfg).eval()
    with torch.no_grad():
        logits = model._forward(torch.randn(1, 3, 64, 96))
    stride = BACKBONES[name]
    assert {key: tuple(value.shape) for key, value in logits.items()} == dict.fromkeys(
        ('aux', 'main'), (1, 19, 64 // stride, 96 // stride)
    )


@pytest.mark.parametrize('name', BACKBONES)
def test_optimizer_of_a_shipped_config_knows_its_parameters(name):
    """Ten times the learning rate in the head; no option of another optimizer is left over."""
    cfg = Config.fromfile(REPO / 'configs' / 'mrnet' / f'{name}.py')
    custom = cfg.optim_wrapper.paramwise_cfg.custom_keys
    assert custom.decode_head.lr_mult == 10
    assert not any('repeat' in options for options in custom.values())
    assert 'momentum' not in cfg.optim_wrapper.optimizer or cfg.optim_wrapper.optimizer.type == 'SGD'
