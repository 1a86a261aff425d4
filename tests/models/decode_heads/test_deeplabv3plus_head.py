"""The head of DeepLab-v3+ (its numbers are checked in tests/parity)."""

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import nn

from mmuda.models.decode_heads import DeepLabV3PlusHead
from tests.helpers.tiny import REPO

CLASSES = 5
MODELS_FOLDER = REPO / 'configs' / '_base_' / 'models'


@pytest.fixture(autouse=True)
def scope() -> None:
    init_default_scope('mmseg')


def tiny_head(**options) -> DeepLabV3PlusHead:
    torch.manual_seed(0)
    defaults = dict(in_channels=(3, 4), channels=6, low_level_channels=2, num_classes=CLASSES)
    return DeepLabV3PlusHead(**{**defaults, **options})


def features() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(2, 3, 9, 11, generator=generator), torch.randn(2, 4, 5, 6, generator=generator)]


def test_logits_have_the_size_of_the_early_map():
    assert tiny_head()(features()).shape == (2, CLASSES, 9, 11)


def test_maps_are_chosen_by_their_index():
    early, late = features()
    head = tiny_head(in_index=(2, 0)).eval()
    assert torch.equal(head([late, None, early]), tiny_head().eval()([early, late]))


def test_dilation_1_is_a_pointwise_branch():
    convs = [branch[0] for branch in tiny_head(dilations=(1, 2, 3)).branches]
    assert [(conv.kernel_size[0], conv.dilation[0]) for conv in convs] == [(1, 1), (3, 2), (3, 3)]


def test_bottleneck_is_pointwise():
    assert tiny_head().bottleneck[0].weight.shape == (6, 5 * 6, 1, 1)


def test_dropout_is_of_elements_at_three_places():
    head = tiny_head(dropout_ratios=(0.1, 0.2, 0.3))
    drops = {name: module.p for name, module in head.named_modules() if type(module) is nn.Dropout}
    assert drops == {'bottleneck.3': 0.1, 'decoder.3': 0.2, 'dropout': 0.3}


def test_the_last_dropout_stands_before_the_classifier():
    head = tiny_head(dropout_ratios=(0.0, 0.0, 1.0)).train()  # drops everything
    assert torch.equal(head(features()), head.conv_seg.bias[:, None, None].expand(2, -1, 9, 11))


@pytest.mark.parametrize('align_corners', [True, False])
def test_resizing_is_a_setting(align_corners):
    head = tiny_head(align_corners=align_corners).eval()
    early, late = features()
    pyramid = nn.functional.interpolate(head.pyramid(late), (9, 11), mode='bilinear', align_corners=align_corners)
    torch.testing.assert_close(
        head([early, late]), head.conv_seg(head.decoder(torch.cat([pyramid, head.low_level(early)], dim=1)))
    )


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(in_channels=(4,)), 'in_channels and in_index need two entries each'),
        (dict(in_index=(0, 1, 2)), 'in_channels and in_index need two entries each'),
        (dict(dropout_ratios=(0.5, 0.1)), 'dropout_ratios needs three entries'),
    ],
)
def test_wrong_numbers_of_entries_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        tiny_head(**options)


def test_initial_weights_have_the_deviation_of_he():
    torch.manual_seed(0)
    head = DeepLabV3PlusHead(in_channels=(64, 64), channels=64, num_classes=20)
    head.init_weights()
    convs = {name: module for name, module in head.named_modules() if isinstance(module, nn.Conv2d)}
    for name, conv in convs.items():
        assert float(conv.weight.detach().std()) == pytest.approx((2 / conv.weight[0].numel()) ** 0.5, rel=0.05), name
    assert not head.conv_seg.bias.any()


def build(name: str) -> nn.Module:
    cfg = Config.fromfile(MODELS_FOLDER / f'{name}.py').model
    with torch.device('meta'):
        return MODELS.build(cfg).eval()


@pytest.mark.parametrize(
    'name, stride',
    [
        ('deeplabv3plus_drn54', 4),
        ('deeplabv3plus_r101', 4),
        ('deeplabv3plus_mobilenetv2', 4),
        ('deeplabv2_drn54', 8),
        ('deeplabv2_r101_os16', 16),
        ('deeplabv2_mobilenetv2', 16),
    ],
)
def test_students_of_the_paper_build_and_predict(name, stride):
    model = build(name)
    with torch.device('meta'):
        logits = model._forward(torch.zeros(1, 3, 64, 96))
    assert logits.shape == (1, 19, 64 // stride, 96 // stride)


@pytest.mark.parametrize(
    'name, stride', [('deeplabv3plus_drn54', 8), ('deeplabv3plus_r101', 16), ('deeplabv3plus_mobilenetv2', 16)]
)
def test_dilations_fit_the_output_stride(name, stride):
    model = build(name)
    with torch.device('meta'):
        late = model.extract_feat(torch.zeros(1, 3, 64, 96))[model.decode_head.in_index[1]]
    assert late.shape[2:] == (64 // stride, 96 // stride)
    dilations = [branch[0].dilation[0] for branch in model.decode_head.branches]
    assert dilations == [1, *(12 * 8 // stride * k for k in (1, 2, 3))]


def test_multi_grid_of_resnet():
    layer = build('deeplabv3plus_r101').backbone.layer4
    assert [block.conv2.dilation[0] for block in layer] == [2, 4, 8]


@pytest.mark.parametrize(
    'name, trained',
    [
        ('deeplabv3plus_drn54', True),
        ('deeplabv2_drn54', False),
        ('deeplabv2_r101_os16', False),
        ('deeplabv2_mobilenetv2', False),
    ],
)
def test_batch_norm_of_the_students(name, trained):
    model = build(name).train()
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(norm.training and norm.weight.requires_grad == trained for norm in norms)


def test_the_head_learns_at_ten_times_the_rate():
    cfg = Config.fromfile(REPO / 'configs' / '_base_' / 'methods' / 'ensemble.py')
    model = nn.ModuleDict(dict(backbone=nn.Conv2d(1, 1, 1), decode_head=nn.Conv2d(1, 1, 1)))
    groups = build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups
    assert [group['lr'] for group in groups] == pytest.approx([1e-4, 1e-4, 1e-3, 1e-3])
    assert all(group['nesterov'] and group['weight_decay'] == 5e-4 for group in groups)
