import pytest
import torch
from mmengine.optim import OptimWrapper
from mmseg.registry import PARAM_SCHEDULERS

from mmuda.engine.schedulers import WarmupPolyLR
from mmuda.engine.schedulers.warmup_poly import warmup_poly_factor


def sgd(*rates: float) -> torch.optim.Optimizer:
    return torch.optim.SGD([dict(params=[torch.nn.Parameter(torch.ones(1))], lr=lr) for lr in rates], lr=1.0)


def advance(optimizer: torch.optim.Optimizer, scheduler: WarmupPolyLR, steps: int) -> list[float]:
    """Rates of the first group used by the next ``steps`` iterations."""
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    'iteration, want',
    [
        (0, 2e-5),
        (2500, 1.1e-4),
        (4999, 1.99964e-4),
        (5000, 1.909771e-4),
        (15000, 1.727854e-4),
        (25000, 1.543779e-4),
        (50000, 1.071773e-4),
        (100000, 0.0),
        (100001, 0.0),
    ],
)
def test_published_schedule(iteration, want):
    assert 2e-4 * warmup_poly_factor(iteration, 5000, 100000) == pytest.approx(want, abs=1e-10)


def test_scheduler_follows_the_closed_form_in_every_group():
    optimizer = sgd(0.1, 1.0)
    scheduler = WarmupPolyLR(optimizer, warmup_iters=3, max_iters=8)
    for step in range(10):
        want = warmup_poly_factor(step, 3, 8)
        assert [group['lr'] for group in optimizer.param_groups] == [0.1 * want, want]
        optimizer.step()
        scheduler.step()


def test_without_warmup_the_first_rate_is_the_base_rate():
    optimizer = sgd(0.1)
    WarmupPolyLR(optimizer, max_iters=4)
    assert optimizer.param_groups[0]['lr'] == 0.1


def test_resumed_schedule_is_bit_for_bit_the_same():
    optimizer = sgd(0.1)
    scheduler = WarmupPolyLR(optimizer, warmup_iters=3, max_iters=20)
    advance(optimizer, scheduler, 5)
    other = sgd(0.1)
    resumed = WarmupPolyLR(other, warmup_iters=3, max_iters=20)
    other.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(scheduler.state_dict())
    assert advance(other, resumed, 6) == advance(optimizer, scheduler, 6)


def test_end_that_the_runner_fills_in_does_not_cut_the_schedule():
    optimizer = sgd(1.0)
    scheduler = PARAM_SCHEDULERS.build(
        dict(type='WarmupPolyLR', warmup_iters=0, max_iters=4, power=1.0),
        default_args=dict(optimizer=OptimWrapper(optimizer), end=1),
    )
    assert not scheduler.by_epoch
    assert advance(optimizer, scheduler, 3) == [1.0, 0.75, 0.5]


def test_end_is_where_the_rate_reaches_0_unless_max_iters_says_it():
    optimizer = sgd(1.0)
    scheduler = WarmupPolyLR(optimizer, end=4, power=1.0)
    assert advance(optimizer, scheduler, 5) == [1.0, 0.75, 0.5, 0.25, 0.0]


def test_resumed_with_another_length_it_follows_the_new_one():
    optimizer = sgd(1.0)
    scheduler = WarmupPolyLR(optimizer, max_iters=4, power=1.0)
    advance(optimizer, scheduler, 2)
    longer = WarmupPolyLR(optimizer, max_iters=8, power=1.0)
    longer.load_state_dict(scheduler.state_dict())
    longer.step()
    assert optimizer.param_groups[0]['lr'] == 1 - 3 / 8


@pytest.mark.parametrize(
    'key, value', [('warmup_iters', -1), ('max_iters', 0), ('max_iters', None), ('start_factor', 2.0)]
)
def test_bad_argument_is_named(key, value):
    with pytest.raises(ValueError, match=key):
        WarmupPolyLR(sgd(0.1), **{'max_iters': 4, key: value})
