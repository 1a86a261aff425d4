"""Weights and statistics that are no numbers."""

import pytest
import torch

from mmuda.engine.finite import check_finite, first_not_finite

STATE = dict(weight=torch.ones(2), count=torch.tensor(3), name='a string')


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
def test_the_first_tensor_that_is_no_number_is_named(value):
    state = dict(STATE, mean=torch.tensor([0.0, value]), variance=torch.tensor([value]))
    assert first_not_finite(state) == 'mean'
    with pytest.raises(FloatingPointError, match='a.pth: mean has values that are NaN or infinite. Do this'):
        check_finite(state, 'a.pth', 'Do this')


def test_numbers_pass():
    assert first_not_finite(STATE) is None
    check_finite(STATE, 'a.pth', 'Do this')
