"""Points in training: iterations, or shares of its length."""

import pytest

from mmuda.utils.length import TrainingLength

LENGTH = TrainingLength(25000)


@pytest.mark.parametrize(
    'value, iteration', [(15000, 15000), (0.6, 15000), (0.2, 5000), (1.0, 25000), (1, 1), (0.0, 0), (0, 0)]
)
def test_floats_are_shares_and_integers_are_iterations(value, iteration):
    assert LENGTH.point(value, 'begin') == iteration


def test_a_schedule_can_be_longer_than_training():
    assert LENGTH.point(4.0, 'end', largest=10.0) == 100000


@pytest.mark.parametrize('value', [-1, -0.1, 1.5, float('nan')])
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match=f'begin={value}: expected iterations .* or a share'):
        LENGTH.point(value, 'begin')
