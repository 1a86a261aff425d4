"""Schedules take their points as shares of training, and its length where they have no end."""

from typing import Any

import pytest
import torch
from mmseg.registry import PARAM_SCHEDULERS

from mmuda.engine.schedulers import with_length
from mmuda.utils.length import TrainingLength

HOLD = dict(type='ConstantLR', factor=1.0, begin=400, by_epoch=False)


def settled(*schedulers: dict, iterations: int = 800) -> list[dict]:
    return with_length([dict(one, by_epoch=False) for one in schedulers], TrainingLength(iterations), 'param_scheduler')


@pytest.mark.parametrize(
    'given, want',
    [
        (dict(type='PolyLR'), dict(end=800)),
        (dict(type='PolyLR', begin=0.25), dict(begin=200, end=800)),
        (dict(type='PolyLR', begin=0.25, end=1.0), dict(begin=200, end=800)),
        (dict(type='WarmupPolyLR', warmup_iters=0.05, max_iters=4.0), dict(warmup_iters=40, max_iters=3200)),
        (dict(type='WarmupPolyLR', warmup_iters=40, max_iters=3200), dict(warmup_iters=40, max_iters=3200)),
        (dict(type='MultiStepLR', milestones=[0.5, 700]), dict(milestones=[400, 700])),
        (dict(type='CosineAnnealingLR', T_max=0.5), dict(T_max=400, end=800)),
    ],
)
def test_shares_become_iterations(given, want):
    (got,) = settled(given)
    assert got == dict(given, **dict(dict(end=800), **want), by_epoch=False)


def test_without_schedules_there_are_none():
    assert with_length(None, TrainingLength(8), 'param_scheduler') is None


def test_schedules_of_several_optimizers():
    got = with_length(dict(one=dict(type='PolyLR', by_epoch=False)), TrainingLength(8), 'param_scheduler')
    assert got['one'][0]['end'] == 8


def rates(schedulers: list[Any], iterations: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    built = [PARAM_SCHEDULERS.build(one, default_args=dict(optimizer=optimizer)) for one in schedulers]
    found = []
    for _ in range(iterations):
        found.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for scheduler in built:
            scheduler.step()
    return found


@pytest.mark.parametrize('iterations', [20, 40])
def test_a_chain_ends_with_training_whatever_the_length(iterations):
    chain = settled(
        dict(type='LinearLR', start_factor=0.5, end=0.1), dict(type='PolyLR', begin=0.1), iterations=iterations
    )
    found = rates(chain, iterations)
    assert min(found[:-1]) > 0 and found[0] == 0.5
    assert found[-1] == 0  # PolyLR of mmengine reaches its end with the last iteration


@pytest.mark.parametrize(
    'early',
    [
        dict(type='PolyLR', end=400),
        dict(type='PolyLR', end=0.5),
        dict(type='LinearLR', end_factor=0.0, end=400),
        dict(type='CosineAnnealingLR', end=400),
        dict(type='WarmupPolyLR', max_iters=400),
        dict(type='OneCycleLR', eta_max=1.0, total_steps=400, end=400),
        dict(type='CosineRestartLR', periods=[200, 200], restart_weights=[1, 1], eta_min=0.0),
    ],
)
def test_a_schedule_that_ends_before_training_is_refused(early):
    with pytest.raises(
        ValueError,
        match=rf'param_scheduler: {early["type"]} ends at iteration 400, and '
        r'train_cfg\.max_iters=800',
    ):
        settled(early)


def test_ending_early_on_purpose_is_said_by_a_schedule_that_holds_the_rate():
    found = rates(settled(dict(type='PolyLR', eta_min=0.5, end=400), HOLD), 800)
    assert found[400:] == [pytest.approx(0.5)] * 400


@pytest.mark.parametrize(
    'early',
    [
        dict(type='LinearLR', end=400),
        dict(type='ConstantLR', end=400),
        dict(type='MultiStepLR', milestones=[1], end=400),
    ],
)
def test_a_rate_that_is_constant_afterwards_is_no_error(early):
    settled(early)


def test_a_schedule_that_never_begins_is_refused():
    with pytest.raises(ValueError, match=r'param_scheduler\[1\]: PolyLR never begins: begin=1500, and train_cfg'):
        settled(dict(type='LinearLR', end=1500), dict(type='PolyLR', begin=1500, end=40000))


def test_a_schedule_by_epochs_is_refused():
    with pytest.raises(ValueError, match='PolyLR counts epochs, .* set by_epoch=False'):
        with_length(dict(type='PolyLR'), TrainingLength(8), 'param_scheduler')


def test_a_share_that_looks_like_iterations_is_refused():
    with pytest.raises(ValueError, match=r'param_scheduler.end=40000.0: expected iterations'):
        settled(dict(type='PolyLR', end=40000.0))
