"""Optimizer and schedule against the authors' training runs."""

import numpy as np
import pytest
import torch

from mmuda.engine.optimizers import RepeatedSGD
from mmuda.engine.schedulers import WarmupPolyLR
from tests.helpers.golden import assert_close, each_case, each_variant

RULES = ('torch14', 'torch17', 'torch213')


@pytest.mark.parametrize('rule', RULES)
@each_case('mrnet', 'sgd_repeat*')
def test_sgd_repeat(case, rule):
    assert {key.split('.')[0] for key in case if key.startswith('out_')} == {f'out_{rule}' for rule in RULES}
    params = {str(name): torch.nn.Parameter(torch.from_numpy(case[f'in_init.{name}'])) for name in case['param_names']}
    factor = {
        name: float(case['param_head_lr_factor']) if name.startswith(('layer5', 'layer6')) else 1.0 for name in params
    }
    optimizer = RepeatedSGD(
        [dict(params=[param], repeat=int(case[f'param_repeat.{name}'])) for name, param in params.items()],
        lr=0.0,
        momentum=float(case['param_momentum']),
        weight_decay=float(case['param_weight_decay']),
        repeat_rule=rule,
    )
    steps = {name: [] for name in params}
    for index, base_lr in enumerate(case['in_base_lr']):
        for group, (name, param) in zip(optimizer.param_groups, params.items()):
            group['lr'] = float(base_lr) * factor[name]
            param.grad = torch.from_numpy(case[f'in_grad.{name}'][index].copy())
        optimizer.step()
        for name, param in params.items():
            steps[name].append(param.detach().numpy().copy())
    for name, values in steps.items():
        assert_close(values, case[f'out_{rule}.{name}'], 1e-12, name)


def rates_at(iterations: np.ndarray, scheduler: WarmupPolyLR) -> np.ndarray:
    """Rates of all groups after fast-forwarding the scheduler, (len(iterations), groups)."""
    rates = []
    for iteration in iterations:
        scheduler.load_state_dict(dict(last_step=int(iteration) - 1, _global_step=int(iteration) - 1))
        scheduler.step()
        rates.append(scheduler.get_last_value())
    return np.array(rates)


@each_variant('mrnet', 'lr_schedule*', 'out_backbone_')
def test_lr_schedule(case, suffix):
    base = float(case[f'param_base_lr_{suffix}'])
    optimizer = torch.optim.SGD(
        [dict(params=[torch.zeros(1)], lr=base), dict(params=[torch.zeros(1)], lr=10 * base)], lr=base
    )
    scheduler = WarmupPolyLR(
        optimizer,
        warmup_iters=0 if suffix == 'no_warmup' else int(case['param_warm_up']),
        max_iters=int(case['param_num_steps']),
        power=float(case['param_power']),
    )
    rates = rates_at(case['in_iterations'], scheduler)
    assert_close(rates[:, 0], case[f'out_backbone_{suffix}'], 1e-13, 'backbone')
    if f'out_head_{suffix}' in case:  # recorded without heads where there is no warm-up
        assert_close(rates[:, 1], case[f'out_head_{suffix}'], 1e-13, 'heads')


@each_case('mrnet', 'lr_schedule*')
def test_discriminator_schedule(case):
    optimizer = torch.optim.Adam([torch.zeros(1)], lr=float(case['param_base_lr_disc']))
    scheduler = WarmupPolyLR(
        optimizer, warmup_iters=0, max_iters=int(case['param_num_steps']), power=float(case['param_power'])
    )
    rates = rates_at(case['in_iterations'], scheduler)
    assert_close(rates[:, 0], case['out_discriminator'], 1e-13, 'discriminator')
