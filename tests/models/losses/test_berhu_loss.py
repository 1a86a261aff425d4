import pytest
import torch

from mmuda.models.losses import BerHuLoss


def test_value_and_gradient_by_hand():
    """Errors 0.5, 0.5, 1 and 5; c = 1: the last costs (25 + 1) / 2."""
    prediction = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    loss = BerHuLoss()(prediction, torch.tensor([[1.5, 2.5], [2.0, 9.0]]))
    loss.backward()
    assert loss.item() == pytest.approx(3.75)
    torch.testing.assert_close(prediction.grad, torch.tensor([[-0.25, -0.25], [0.25, -1.25]]))


def test_no_error_costs_nothing_and_pulls_nowhere():
    prediction = torch.ones(2, 1, 3, 3, requires_grad=True)
    loss = BerHuLoss()(prediction, torch.ones(2, 1, 3, 3))
    loss.backward()
    assert loss == 0
    assert not prediction.grad.any()


def test_threshold_one_is_the_absolute_error():
    prediction, target = torch.randn(2, 40, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(BerHuLoss(threshold=1.0)(prediction, target), (prediction - target).abs().mean())


def test_half_precision_is_computed_in_float32():
    target = torch.full((4,), 65536.0)
    assert BerHuLoss()(torch.zeros(4, dtype=torch.bfloat16), target).isfinite()


@pytest.mark.parametrize('threshold', [0, 1.5])
def test_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(ValueError, match=r'threshold must lie in \(0, 1\]'):
        BerHuLoss(threshold)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match=r'the prediction is \(1, 1, 2, 2\), its target \(1, 2, 2\)'):
        BerHuLoss()(torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, 2))
