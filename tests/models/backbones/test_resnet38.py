"""The backbone of CBST (its numbers are checked in tests/parity)."""

import pytest
import torch
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import nn

from mmuda.models.backbones import ResNet38

WIDTH = 2


@pytest.fixture(autouse=True)
def scope() -> None:
    init_default_scope('mmseg')


def tiny(**options) -> ResNet38:
    torch.manual_seed(0)
    net = ResNet38(base_channels=WIDTH, **options)
    net.init_weights()
    return net


def image(height: int = 32, width: int = 48) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))


def norms(net: nn.Module) -> list[nn.BatchNorm2d]:
    return [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]


def test_every_level_has_its_width_and_stride():
    outs = tiny(out_indices=range(7))(image())
    assert [tuple(out.shape) for out in outs] == [
        (2, WIDTH * factor, 32 // stride, 48 // stride)
        for factor, stride in zip((1, 2, 4, 8, 16, 32, 64), (1, 2, 4, 8, 8, 8, 8))
    ]


def test_sizes_round_up():
    assert tiny()(image(33, 41))[0].shape == (2, 64 * WIDTH, 5, 6)


def test_selected_levels_are_those_of_the_whole_pyramid():
    everything, some = tiny(out_indices=range(7)).eval()(image()), tiny(out_indices=(2, 6)).eval()(image())
    assert torch.equal(some[0], everything[2]) and torch.equal(some[1], everything[6])


def test_levels_above_the_last_selected_one_are_not_built():
    net = tiny(out_indices=(3,))
    net(image())[0].sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())
    assert not hasattr(net, 'level5') and not hasattr(net, 'norm7')


@pytest.mark.parametrize('indices', [(), (7,), (-1,), (3, 2), (2, 2)])
def test_impossible_levels_are_refused(indices):
    with pytest.raises(ValueError, match='out_indices must be ascending numbers from 0 to 6'):
        ResNet38(out_indices=indices, base_channels=WIDTH)


def test_statistics_stay_and_affine_is_trained():
    net = tiny().train()
    for norm in norms(net):
        norm.running_mean.normal_()
    before = [norm.running_mean.clone() for norm in norms(net)]
    net(image())[0].square().mean().backward()
    assert all(torch.equal(norm.running_mean, mean) for norm, mean in zip(norms(net), before))
    assert all(norm.weight.grad.any() and norm.bias.grad.any() for norm in norms(net))


def test_statistics_are_used_in_training():
    net = tiny().train()
    norm = net.level2[0].norms[0]
    norm.running_mean.fill_(0.5)
    norm.running_var.fill_(4.0)
    seen = {}
    norm.register_forward_hook(lambda module, args, out: seen.update(args=args[0], out=out.clone()))
    net(image())
    torch.testing.assert_close(seen['out'], (seen['args'] - 0.5) / 2, rtol=1e-4, atol=1e-5)


def test_statistics_can_be_left_live():
    net = tiny(norm_eval=False).train()
    net(image())
    assert all(norm.running_mean.any() for norm in norms(net))


def test_dropout_is_active_in_training_alone():
    net = tiny()
    assert not torch.equal(net.train()(image())[0], net.train()(image())[0])
    assert torch.equal(net.eval()(image())[0], net.eval()(image())[0])


def test_recomputed_gradients_are_the_same_with_dropout():
    gradients = []
    for with_cp in (False, True):
        net = tiny(with_cp=with_cp).train()
        torch.manual_seed(2)
        net(image())[0].square().mean().backward()
        gradients.append([parameter.grad for parameter in net.parameters()])
    assert all(torch.equal(*pair) for pair in zip(*gradients))


def test_recomputation_keeps_fewer_activations():
    kept = []
    for with_cp in (False, True):
        sizes = []

        def pack(tensor, sizes=sizes):
            sizes.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            tiny(with_cp=with_cp).train()(image())
        kept.append(sum(sizes))
    assert kept[1] < kept[0] / 2


def test_initial_weights_have_the_deviation_of_he():
    torch.manual_seed(0)
    net = ResNet38(base_channels=16, out_indices=(3,))
    net.init_weights()
    conv = net.level4[0].convs[0]
    assert float(conv.weight.detach().std()) == pytest.approx((2 / conv.weight[0].numel()) ** 0.5, rel=0.02)


def test_pretrained_weights_load_by_their_prefix(tmp_path):
    want = tiny().state_dict()
    torch.save(dict(state_dict={f'backbone.{name}': value + 1 for name, value in want.items()}), tmp_path / 'net.pth')
    net = tiny(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'net.pth'), prefix='backbone.'))
    assert all(torch.equal(value, want[name] + 1) for name, value in net.state_dict().items())


@pytest.mark.parametrize(
    'head',
    [
        dict(type='FCNHead', in_channels=64 * WIDTH, in_index=3, channels=4),
        dict(
            type='SegformerHead',
            in_channels=[WIDTH * factor for factor in (4, 8, 16, 64)],
            in_index=[0, 1, 2, 3],
            channels=4,
        ),
    ],
)
def test_stock_heads_read_its_levels(head):
    model = MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=dict(type='ResNet38', base_channels=WIDTH, out_indices=(2, 3, 4, 6)),
            decode_head=dict(num_classes=5, **head),
        )
    ).eval()
    stride = 8 if head['type'] == 'FCNHead' else 4
    with torch.no_grad():
        assert model._forward(image()).shape == (2, 5, 32 // stride, 48 // stride)
