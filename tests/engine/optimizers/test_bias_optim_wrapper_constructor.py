import pytest
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import nn

LR, DECAY = 0.1, 0.01


def network() -> nn.Module:
    backbone = nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.GroupNorm(2, 4), nn.LayerNorm(4), nn.MultiheadAttention(4, 2)
    )
    return nn.ModuleDict(dict(backbone=backbone, decode_head=nn.Conv2d(4, 2, 1)))


def options(model: nn.Module, paramwise_cfg: dict | None = None, **optimizer) -> dict[str, tuple[float, float]]:
    """Learning rate and weight decay of each parameter, in units of the base values."""
    optimizer = dict(type='SGD', lr=LR, weight_decay=DECAY, **optimizer)
    cfg = dict(constructor='BiasOptimWrapperConstructor', optimizer=optimizer)
    if paramwise_cfg is not None:
        cfg['paramwise_cfg'] = paramwise_cfg
    with DefaultScope.overwrite_default_scope('mmseg'):
        wrapper = build_optim_wrapper(model, cfg)
    groups = {id(param): group for group in wrapper.optimizer.param_groups for param in group['params']}
    return {
        name: (round(groups[id(param)]['lr'] / LR, 6), round(groups[id(param)]['weight_decay'] / DECAY, 6))
        for name, param in model.named_parameters()
        if id(param) in groups
    }


def test_biases_of_every_kind_learn_twice_as_fast_and_do_not_decay():
    got = options(network())
    assert got == {name: (2, 0) if name.endswith('bias') else (1, 1) for name, _ in network().named_parameters()}


def test_factors_are_settings():
    got = options(network(), dict(bias_lr_mult=3.0, bias_decay_mult=0.5))
    assert set(got.values()) == {(1, 1), (3, 0.5)}


def test_factors_apply_on_top_of_custom_keys():
    got = options(network(), dict(custom_keys=dict(decode_head=dict(lr_mult=10.0))))
    assert (got['decode_head.weight'], got['decode_head.bias']) == ((10, 1), (20, 0))
    assert (got['backbone.0.weight'], got['backbone.0.bias']) == ((1, 1), (2, 0))


def test_head_of_ten_times_the_rate_without_special_biases():
    got = options(
        network(), dict(bias_lr_mult=1.0, bias_decay_mult=1.0, custom_keys=dict(decode_head=dict(lr_mult=10.0)))
    )
    assert {value for name, value in got.items() if name.startswith('decode_head')} == {(10, 1)}
    assert {value for name, value in got.items() if name.startswith('backbone')} == {(1, 1)}


def test_norm_decay_of_the_stock_constructor_stays_for_weights():
    got = options(network(), dict(norm_decay_mult=0.0))
    assert got['backbone.1.weight'] == (1, 0) and got['backbone.0.weight'] == (1, 1)


def test_frozen_parameters_are_left_out():
    model = network()
    model['backbone'].requires_grad_(False)
    assert set(options(model)) == {'decode_head.weight', 'decode_head.bias'}


def test_the_config_is_left_as_it_was():
    paramwise_cfg = dict(bias_lr_mult=3.0)
    options(network(), paramwise_cfg)
    assert paramwise_cfg == dict(bias_lr_mult=3.0)


@pytest.mark.parametrize('key', ['bias_lr_mult', 'bias_decay_mult'])
def test_a_negative_factor_is_refused(key):
    with pytest.raises(ValueError, match=f'paramwise_cfg.{key} must be at least 0, got -1'):
        options(network(), {key: -1})


def test_a_missing_rate_is_refused():
    cfg = dict(constructor='BiasOptimWrapperConstructor', optimizer=dict(type='SGD'))
    with DefaultScope.overwrite_default_scope('mmseg'), pytest.raises(ValueError, match='needs a learning rate `lr`'):
        build_optim_wrapper(network(), cfg)
