import copy

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import nn

from mmuda.engine.optimizers import RepeatedSGD

OPTIONS = dict(lr=1e-3, momentum=0.9, weight_decay=5e-4)


def run(optimizer: torch.optim.Optimizer, param: nn.Parameter, steps: int) -> float:
    """Value of a scalar whose gradient is always 1."""
    for _ in range(steps):
        param.grad = torch.ones_like(param)
        optimizer.step()
    return param.item()


@pytest.mark.parametrize(
    'rule, values',
    [
        ('torch17', {1: 0.991947, 2: 0.977942, 10: 0.777463, 100: -1.918448}),
        ('torch213', {1: 0.994297, 2: 0.984048, 10: 0.792864, 100: -1.902263}),
    ],
)
def test_three_repeats_of_the_worked_example(rule, values):
    for steps, want in values.items():
        param = nn.Parameter(torch.ones((), dtype=torch.float64))
        optimizer = RepeatedSGD([param], **OPTIONS, repeat=3, repeat_rule=rule)
        assert run(optimizer, param, steps) == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize('rule', ['torch14', 'torch17', 'torch213'])
@pytest.mark.parametrize(
    'options',
    [
        dict(OPTIONS, nesterov=True),
        dict(OPTIONS, nesterov=False),
        dict(OPTIONS, momentum=0.0, nesterov=False),
        dict(OPTIONS, weight_decay=0.0, nesterov=True),
    ],
)
def test_one_repeat_is_sgd_bit_for_bit(rule, options):
    torch.manual_seed(0)
    ours = nn.Parameter(torch.randn(5))
    theirs = copy.deepcopy(ours)
    optimizers = [RepeatedSGD([ours], **options, repeat_rule=rule), torch.optim.SGD([theirs], **options, foreach=False)]
    for _ in range(4):
        ours.grad = torch.randn(5)
        theirs.grad = ours.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize('rule', ['torch14', 'torch17', 'torch213'])
def test_gradient_is_left_as_it_was(rule):
    param = nn.Parameter(torch.ones(3))
    param.grad = torch.full((3,), 2.0)
    RepeatedSGD([param], **OPTIONS, repeat=3, repeat_rule=rule).step()
    assert torch.equal(param.grad, torch.full((3,), 2.0))


def test_resumed_state_continues_bit_for_bit():
    param = nn.Parameter(torch.ones(()))
    optimizer = RepeatedSGD([param], **OPTIONS, repeat=3, repeat_rule='torch213')
    run(optimizer, param, 2)
    resumed = nn.Parameter(param.detach().clone())
    other = RepeatedSGD([resumed], lr=1.0)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert run(other, resumed, 3) == run(optimizer, param, 3)


def test_tensor_without_gradient_stays():
    param = nn.Parameter(torch.ones(2))
    RepeatedSGD([param], **OPTIONS).step()
    assert torch.equal(param, torch.ones(2))


def test_closure_is_evaluated_with_gradients():
    param = nn.Parameter(torch.ones(()))
    optimizer = RepeatedSGD([param], **OPTIONS)

    def closure():
        loss = param * 2
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 2
    assert param.item() < 1


def test_config_chooses_repeats_by_name():
    block = nn.ModuleDict(dict(conv=nn.Conv2d(1, 1, 1), downsample=nn.Conv2d(1, 1, 1)))
    backbone = nn.ModuleDict(dict(stem=nn.Conv2d(1, 1, 1), layer1=block))
    model = nn.ModuleDict(dict(backbone=backbone, decode_head=nn.Conv2d(1, 1, 1)))
    with DefaultScope.overwrite_default_scope('mmseg'):
        wrapper = build_optim_wrapper(
            model,
            dict(
                optimizer=dict(type='RepeatedSGD', lr=0.01),
                paramwise_cfg=dict(
                    custom_keys=dict(layer=dict(repeat=3), downsample=dict(repeat=4), decode_head=dict(lr_mult=10))
                ),
            ),
        )
    assert isinstance(wrapper.optimizer, RepeatedSGD)
    got = {
        id(param): (group['repeat'], group['lr'])
        for group in wrapper.optimizer.param_groups
        for param in group['params']
    }
    want = dict(stem=(1, 0.01), conv=(3, 0.01), downsample=(4, 0.01), decode_head=(1, 0.1))
    assert got == {id(param): want[name.split('.')[-2]] for name, param in model.named_parameters()}


@pytest.mark.parametrize(
    'key, value',
    [
        ('repeat', 0),
        ('repeat', 2.0),
        ('repeat_rule', 'torch2'),
        ('momentum', 1.0),
        ('lr', -1.0),
        ('weight_decay', -1.0),
    ],
)
def test_bad_option_of_a_group_is_named(key, value):
    with pytest.raises(ValueError, match=f'{key} must be'):
        RepeatedSGD([{'params': [nn.Parameter(torch.ones(1))], key: value}], lr=0.1)
