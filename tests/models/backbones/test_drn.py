"""The DRN-D backbones (numbers of D-54 are checked in tests/parity)."""

import pytest
import torch
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import nn

from mmuda.models.backbones import DRN

WIDTH = 2


@pytest.fixture(autouse=True)
def scope() -> None:
    init_default_scope('mmseg')


def tiny(depth: int = 22, **options) -> DRN:
    torch.manual_seed(0)
    net = DRN(depth=depth, base_channels=WIDTH, **options)
    net.init_weights()
    return net


def image(height: int = 32, width: int = 48) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))


def norms(net: nn.Module) -> list[nn.BatchNorm2d]:
    return [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]


@pytest.mark.parametrize('depth, expansion', [(22, 1), (38, 1), (54, 4)])
def test_every_layer_has_its_width_and_stride(depth, expansion):
    outs = tiny(depth, out_indices=range(9)).eval()(image())
    widths = (1, 1, 2, *(expansion * factor for factor in (4, 8, 16, 32)), 32, 32)
    assert [tuple(out.shape) for out in outs] == [
        (2, WIDTH * width, 32 // stride, 48 // stride) for width, stride in zip(widths, (1, 1, 2, 4, 8, 8, 8, 8, 8))
    ]


@pytest.mark.parametrize('depth', [22, 38, 54])
def test_depth_counts_the_layers_with_weights(depth):
    names = [name for name, module in tiny(depth).named_modules() if isinstance(module, nn.Conv2d)]
    assert len([name for name in names if 'downsample' not in name]) + 1 == depth  # and the classifier of ImageNet


@pytest.mark.parametrize('depth', [22, 38, 54])
def test_all_3x3_convolutions_of_layers_5_to_7_are_dilated(depth):
    net = tiny(depth)
    dilations = {
        number: {
            module.dilation
            for module in getattr(net, f'layer{number}').modules()
            if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3)
        }
        for number in range(3, 9)
    }
    assert dilations == {3: {(1, 1)}, 4: {(1, 1)}, 5: {(2, 2)}, 6: {(4, 4)}, 7: {(2, 2)}, 8: {(1, 1)}}


def test_sizes_round_up():
    assert [tuple(out.shape[2:]) for out in tiny()(image(33, 41))] == [(9, 11), (5, 6)]


def test_selected_layers_are_those_of_the_whole_pyramid():
    everything, some = tiny(out_indices=range(9)).eval()(image()), tiny(out_indices=(2, 8)).eval()(image())
    assert torch.equal(some[0], everything[2]) and torch.equal(some[1], everything[8])


def test_layers_above_the_last_selected_one_are_not_built():
    net = tiny(out_indices=(3,))
    net(image())[0].sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())
    assert not hasattr(net, 'layer4')


@pytest.mark.parametrize('indices', [(), (9,), (-1,), (3, 2), (2, 2)])
def test_impossible_layers_are_refused(indices):
    with pytest.raises(ValueError, match='out_indices must be ascending numbers from 0 to 8'):
        tiny(out_indices=indices)


def test_an_unknown_depth_is_refused():
    with pytest.raises(ValueError, match=r'depth must be one of \[22, 38, 54\], got 50'):
        DRN(depth=50)


@pytest.mark.parametrize('norm_eval', [False, True])
def test_statistics_move_in_training_unless_kept(norm_eval):
    net = tiny(norm_eval=norm_eval).train()
    net(image())
    assert all(norm.running_mean.any().item() != norm_eval for norm in norms(net))


def test_affine_of_batch_norm_can_be_frozen():
    net = tiny(norm_cfg=dict(type='BN', requires_grad=False))
    assert {name.rsplit('.', 1)[1] for name, parameter in net.named_parameters() if parameter.requires_grad} == {
        'weight'
    } and not any(norm.weight.requires_grad for norm in norms(net))


@pytest.mark.parametrize('depth', [22, 54])
def test_recomputed_gradients_are_the_same(depth):
    gradients = []
    for with_cp in (False, True):
        net = tiny(depth, with_cp=with_cp).train()
        net(image())[1].square().mean().backward()
        gradients.append([parameter.grad for parameter in net.parameters()])
    assert all(torch.equal(*pair) for pair in zip(*gradients))


def test_initial_weights_have_the_deviation_of_he():
    torch.manual_seed(0)
    net = DRN(depth=22, out_indices=(4,))
    net.init_weights()
    for conv in (net.layer4[0].conv1, net.layer4[1].conv2):
        assert float(conv.weight.detach().std()) == pytest.approx((2 / (9 * conv.out_channels)) ** 0.5, rel=0.02)


def test_weights_of_imagenet_load_by_their_published_names(tmp_path):
    want = tiny().state_dict()
    published = {name: value + 1 for name, value in want.items()}
    torch.save({**published, 'fc.weight': torch.zeros(2), 'fc.bias': torch.zeros(2)}, tmp_path / 'net.pth')
    net = tiny(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'net.pth')))
    assert all(torch.equal(value, want[name] + 1) for name, value in net.state_dict().items())


@pytest.mark.parametrize(
    'head',
    [
        dict(type='FCNHead', in_channels=32 * WIDTH, in_index=1, channels=4),
        dict(
            type='DualClassifierHead',
            in_channels=(4 * WIDTH, 32 * WIDTH),
            branch_channels=4,
            channels=4,
            norm_cfg=dict(type='GN', num_groups=2),
        ),
    ],
)
def test_other_heads_read_its_layers(head):
    model = MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=dict(type='DRN', depth=22, base_channels=WIDTH),
            decode_head=dict(num_classes=5, **head),
        )
    ).eval()
    with torch.no_grad():
        logits = model._forward(image())
    stride = 8 if head['type'] == 'FCNHead' else 4
    assert (logits if stride == 8 else logits['main']).shape == (2, 5, 32 // stride, 48 // stride)
