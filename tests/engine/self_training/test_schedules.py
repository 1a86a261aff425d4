from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmseg.registry import TASK_UTILS

import mmuda  # noqa: F401
from mmuda.engine.self_training.schedules import (
    LearningRateSchedule,
    PortionSchedule,
    RoundRates,
    build_rates,
    iterations_per_epoch,
    num_selected,
    selection_seed,
)


def portions(rule: str, start: float = 0.15, step: float = 0.05, maximum: float = 0.5) -> list[float]:
    schedule = PortionSchedule(start, step, maximum, rule)
    return [schedule(index) for index in range(12)]


def test_paper_portions_are_round_numbers_up_to_the_maximum():
    assert portions('paper') == [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.5, 0.5, 0.5, 0.5]


def test_published_cbst_rule_passes_the_maximum():
    assert portions('cbst')[6:] == [0.45, 0.5, 0.55, 0.55, 0.55, 0.55]


def test_crst_rule_accumulates_rounding_and_keeps_the_maximum():
    assert portions('crst', start=0.2)[4:8] == [0.39999999999999997, 0.44999999999999996, 0.49999999999999994, 0.5]


def test_a_portion_without_step_stays():
    assert [PortionSchedule(0.3)(index) for index in (0, 5)] == [0.3, 0.3]


@given(st.sampled_from(['paper', 'crst']), st.floats(0.01, 1), st.floats(0, 0.5), st.floats(0, 1))
def test_portions_never_fall_and_never_pass_the_maximum(rule, start, step, room):
    maximum = start + room * (1 - start)
    got = portions(rule, start, step, maximum)
    assert all(before <= after for before, after in zip(got, got[1:])) and max(got) <= maximum


@pytest.mark.parametrize(
    'settings', [dict(start=0), dict(start=1.2), dict(start=0.5, maximum=0.4), dict(start=0.5, maximum=1.5)]
)
def test_portions_out_of_range_are_named(settings):
    with pytest.raises(ValueError, match='expected 0 < start <= maximum <= 1'):
        PortionSchedule(**settings)


def test_falling_portions_are_refused():
    with pytest.raises(ValueError, match='step = -0.1'):
        PortionSchedule(0.5, step=-0.1)


@pytest.mark.parametrize(
    'rule, index, want',
    [
        ('paper', 1, 1e-4 * 2**-0.5),
        ('paper', 4, 2.5e-5),
        ('cbst', 1, 7.07106781187e-05),
        ('cbst', 4, 2.5e-5),
        ('crst', 4, 1e-4),
    ],
)
def test_learning_rate(rule, index, want):
    assert LearningRateSchedule(1e-4, rule)(index) == want


def test_learning_rate_of_zero_is_refused():
    with pytest.raises(ValueError, match='base = 0'):
        LearningRateSchedule(0)


@pytest.mark.parametrize(
    'rule, policy, want',
    [
        ('cbst', 'cumulative', [3, 3, 3]),
        ('cbst', 'random', [0, 1, 2]),
        ('crst', 'cumulative', [3, 3, 3]),
        ('crst', 'random', [4, 5, 6]),
        ('paper', 'cumulative', [3, 3, 3]),
        ('paper', 'random', [4, 5, 6]),
    ],
)
def test_seeds_of_the_selection(rule, policy, want):
    assert [selection_seed(policy, 3, index, rule) for index in range(3)] == want


def test_unknown_policy_is_named():
    with pytest.raises(ValueError, match="policy 'nested'"):
        selection_seed('nested', 0, 0)


@pytest.mark.parametrize(
    'make',
    [
        lambda: PortionSchedule(0.2, rule='mine'),
        lambda: LearningRateSchedule(rule='mine'),
        lambda: selection_seed('random', 0, 0, 'mine'),
        lambda: iterations_per_epoch(4, 2, 'mine'),
    ],
)
def test_unknown_rule_is_named(make):
    with pytest.raises(ValueError, match=r"unknown rule 'mine'.*paper"):
        make()


def test_number_of_selected_images_is_rounded_down():
    assert num_selected(24966, 0.03) == 748


@pytest.mark.parametrize('rule, want', [('cbst', 2), ('crst', 3), ('paper', 3)])
def test_incomplete_batch(rule, want):
    assert iterations_per_epoch(5, 2, rule) == want


@pytest.mark.parametrize('samples, rule', [(1, 'cbst'), (0, 'crst')])
def test_no_batch_at_all_is_refused(samples, rule):
    with pytest.raises(ValueError, match=f'{samples} images make no batch of 2'):
        iterations_per_epoch(samples, 2, rule)


def test_rate_is_constant_inside_a_round_by_default():
    assert [LearningRateSchedule().inside(iteration, 10) for iteration in (0, 9)] == [1, 1]


def test_a_round_can_be_the_first_part_of_a_decay():
    decay = LearningRateSchedule(2.5e-4, decay='poly', power=0.9, span=3.0)
    assert decay.inside(0, 30000) == 1
    assert decay.inside(29999, 30000) == pytest.approx((1 - 29999 / 90000) ** 0.9)


def test_poly_decay_inside_a_round():
    decay = LearningRateSchedule(1e-4, decay='poly', power=0.9)
    assert [decay.inside(iteration, 100001) for iteration in (0, 1)] == [1, (1 - 1 / 100001) ** 0.9]


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(decay='cosine'), "decay = 'cosine', expected one of"),
        (dict(decay='poly', power=0), 'power = 0, expected'),
        (dict(decay='poly', span=0.5), 'span = 0.5, expected at least 1'),
        (dict(span=4.0), "span = 4.0 has no effect without decay='poly'"),
        (dict(start_factor=0.5), 'start_factor = 0.5 has no effect without warmup'),
    ],
)
def test_unknown_decay_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        LearningRateSchedule(**settings)


@dataclass(frozen=True)
class Halved(RoundRates):
    base: float
    rule: str

    def __call__(self, index: int) -> float:
        return self.base / 2**index


def test_rates_of_ones_own(monkeypatch):
    monkeypatch.setitem(TASK_UTILS._module_dict, 'Halved', Halved)
    rates = build_rates(dict(type='Halved'), 'cbst')
    assert [rates(index) * rates.inside(3, 4) for index in range(3)] == [1, 0.5, 0.25]


@pytest.mark.parametrize(
    'config, message',
    [
        (dict(type='ConfidenceLabeler'), "there is no 'ConfidenceLabeler' among the rates of rounds"),
        (dict(type='Nothing'), "there is no 'Nothing' among the rates of rounds"),
        (dict(steps=3), "unexpected keyword argument 'steps'"),
    ],
)
def test_rates_that_there_are_not_are_named(config, message):
    with pytest.raises(ValueError, match=rf'train_cfg\.learning_rate: .*{message}'):
        build_rates(config, 'paper')


def test_rate_warms_up_and_decays_beyond_the_round():
    """The published schedule of MRNet: 5000 iterations of warm-up in 25000 of 100000."""
    rates = LearningRateSchedule(1.0, decay='poly', power=0.9, span=4.0, warmup=0.2)
    factors = [rates.inside(iteration, 25000) for iteration in (0, 2500, 5000, 15000)]
    assert factors == pytest.approx([0.1, 0.55, 0.95**0.9, 0.85**0.9])


def test_rate_from_round_to_round():
    assert [LearningRateSchedule(1e-4, round_factor=0.5)(index) for index in range(3)] == [1e-4, 5e-5, 2.5e-5]


@pytest.mark.parametrize('setting', [dict(span=0.5), dict(warmup=1.0), dict(start_factor=0.0), dict(round_factor=0.0)])
def test_rates_that_make_no_sense_are_refused(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        LearningRateSchedule(1.0, **setting)
