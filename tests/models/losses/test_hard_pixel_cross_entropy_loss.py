import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from mmuda.models.losses import HardPixelCrossEntropyLoss
from mmuda.models.losses.hard_pixel_cross_entropy_loss import hard_pixels, percentile
from tests.helpers.toy_pixels import CLASS_WEIGHT, LABELS, as_map, toy_logits


@pytest.fixture
def mining_example():
    logits = as_map([[value, 0, 0] for value in np.linspace(3, -1.5, 10).tolist()])
    return logits, torch.tensor([0] * 8 + [1, 255]).reshape(1, 1, 10)


def test_mask_and_threshold_of_the_worked_example(mining_example):
    logits, labels = mining_example
    pixel_loss = F.cross_entropy(logits, labels, CLASS_WEIGHT, ignore_index=255, reduction='none')
    kept, threshold = hard_pixels(pixel_loss, labels, 80.0)
    assert kept.flatten().nonzero().flatten().tolist() == [7, 8]
    assert threshold.item() == pytest.approx(1.170494, abs=1e-6)


def test_loss_of_the_worked_example(mining_example):
    assert HardPixelCrossEntropyLoss(80.0)(*mining_example, CLASS_WEIGHT).item() == pytest.approx(0.936498, abs=1e-6)


def test_all_ignored_gives_zero_loss_and_gradient():
    logits, _ = toy_logits()
    loss = HardPixelCrossEntropyLoss()(logits, torch.full_like(LABELS, 255), CLASS_WEIGHT)
    loss.backward()
    assert loss.item() == 0
    assert not logits.grad.any()


def test_nan_logits_stay_visible():
    logits, _ = toy_logits()
    with torch.no_grad():
        logits[0, :, 0, 0] = float('nan')
    assert HardPixelCrossEntropyLoss()(logits, LABELS).isnan()


def test_dropped_pixels_get_no_gradient(mining_example):
    logits, labels = mining_example
    HardPixelCrossEntropyLoss(80.0)(logits, labels, CLASS_WEIGHT).backward()
    touched = logits.grad.abs().sum(1).flatten().nonzero().flatten()
    assert touched.tolist() == [7, 8]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1e3, width=32), min_size=1, max_size=30), st.floats(0, 100))
def test_percentile_is_numpy_s(values, q):
    got = percentile(torch.tensor(values, dtype=torch.float64), q).item()
    assert got == pytest.approx(np.percentile(values, q), rel=1e-9, abs=1e-9)


def test_percentile_of_more_elements_than_quantile_takes():
    values = torch.zeros(2**24 + 2)
    values[-1] = 1
    assert percentile(values, 100.0).item() == 1


@pytest.mark.parametrize('value', [-1.0, 100.5, None])
def test_bad_percentile_is_refused(value):
    with pytest.raises(ValueError, match='percentile must lie in .*PixelCrossEntropyLoss'):
        HardPixelCrossEntropyLoss(percentile=value)
