import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from mmuda.models.decode_heads import DeepLabV2Head
from tests.helpers.tiny import REPO

CLASSES = 5


@pytest.fixture(autouse=True)
def scope() -> None:
    init_default_scope('mmseg')


def tiny_head(**options) -> DeepLabV2Head:
    torch.manual_seed(0)
    return DeepLabV2Head(in_channels=4, num_classes=CLASSES, **options)


def test_logits_are_the_sum_of_the_branches():
    head, x = tiny_head(dilations=(1, 3)), torch.randn(2, 4, 6, 7)
    want = sum(
        F.conv2d(x, branch.weight, branch.bias, padding=dilation, dilation=dilation)
        for branch, dilation in zip(head.branches, (1, 3))
    )
    torch.testing.assert_close(head([x]), want)


def test_the_first_two_of_four_branches_are_a_head_of_two():
    four, two = tiny_head(branches=2), tiny_head(dilations=(6, 12))
    two.load_state_dict({name: value for name, value in four.state_dict().items() if name in two.state_dict()})
    x = torch.randn(1, 4, 15, 15)
    assert torch.equal(four([x]), two([x]))


def test_idle_branches_are_frozen():
    head = tiny_head(branches=2)
    head([torch.randn(1, 4, 9, 9)]).sum().backward()
    assert [branch.weight.requires_grad for branch in head.branches] == [True, True, False, False]
    assert [branch.weight.grad is not None for branch in head.branches] == [True, True, False, False]


@pytest.mark.parametrize('branches', [0, 5])
def test_another_number_of_branches_is_refused(branches):
    with pytest.raises(ValueError, match=rf'branches must lie between 1 and .*\(6, 12, 18, 24\), got {branches}'):
        tiny_head(branches=branches)


def test_initial_weights_are_those_of_the_docstring():
    torch.manual_seed(0)
    head = DeepLabV2Head(in_channels=64, num_classes=20)
    head.init_weights()
    for branch in head.branches:
        assert float(branch.weight.detach().std()) == pytest.approx(0.01, rel=0.03)
        assert not branch.bias.any()


@pytest.mark.parametrize(
    'backbone, in_channels',
    [
        (dict(type='DeepLabResNet', depth=50, base_channels=4, stem_channels=4), (16, 32, 64, 128)),
        (dict(type='MixVisionTransformer', embed_dims=4, num_heads=[1, 1, 1, 1]), (4, 4, 4, 4)),
    ],
)
@pytest.mark.parametrize('index', [2, 3])
def test_reads_the_selected_map_of_any_backbone(backbone, in_channels, index):
    model = MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=backbone,
            decode_head=dict(type='DeepLabV2Head', in_channels=in_channels[index], in_index=index, num_classes=CLASSES),
        )
    ).eval()
    with torch.no_grad():
        features = model.extract_feat(torch.randn(1, 3, 64, 64))
        assert model.decode_head(features).shape == (1, CLASSES, *features[index].shape[2:])


@pytest.mark.parametrize('align_corners', [True, False])
def test_resizing_is_a_setting(align_corners):
    logits = torch.randn(1, CLASSES, 4, 5)
    head = tiny_head(align_corners=align_corners)
    got = head.predict_by_feat(logits, [dict(img_shape=(32, 40))])
    torch.testing.assert_close(got, F.interpolate(logits, (32, 40), mode='bilinear', align_corners=align_corners))


@pytest.mark.parametrize('name', ['deeplabv2_r101', 'resnet38'])
def test_model_of_the_papers_builds_and_predicts(name):
    cfg = Config.fromfile(REPO / 'configs' / '_base_' / 'models' / f'{name}.py').model
    with torch.device('meta'):
        model = MODELS.build(cfg).eval()
        logits = model._forward(torch.zeros(1, 3, 64, 96))
    extra = name == 'deeplabv2_r101'  # its pooling rounds up
    assert logits.shape == (1, 19, 8 + extra, 12 + extra)


def test_batch_norm_of_crst_is_frozen_altogether():
    cfg = Config.fromfile(REPO / 'configs' / '_base_' / 'models' / 'deeplabv2_r101.py').model
    with torch.device('meta'):
        model = MODELS.build(cfg).train()
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms and not any(norm.training or norm.weight.requires_grad for norm in norms)
