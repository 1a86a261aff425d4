import pytest
import torch

from mmuda.models.losses import EntropyLoss, weighted_self_information


@pytest.mark.parametrize(
    'probabilities, want',
    [
        ([0.25] * 4, [0.25] * 4),
        ([0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.0, 0.0]),
        ([0.7, 0.1, 0.1, 0.1], [0.1801006, 0.1660964, 0.1660964, 0.1660964]),
        ([1.0, 0.0, 0.0, 0.0], [0.0] * 4),
    ],
)
def test_self_information_by_hand(probabilities, want):
    got = weighted_self_information(torch.tensor(probabilities).reshape(1, 4, 1, 1)).flatten()
    torch.testing.assert_close(got, torch.tensor(want))


def test_entropy_of_equal_and_of_certain_pixels():
    logits = torch.zeros(1, 5, 1, 2)
    logits[0, 0, 0, 1] = 1000
    assert EntropyLoss()(logits).item() == pytest.approx(0.5)


def test_saturated_logits_have_a_finite_gradient():
    logits = torch.tensor([1000.0, -1000.0, 0.0]).reshape(1, 3, 1, 1).requires_grad_()
    EntropyLoss()(logits).backward()
    assert logits.grad.isfinite().all()


def test_half_precision_is_computed_in_float32():
    logits = torch.randn(1, 19, 3, 3, generator=torch.Generator().manual_seed(0)).bfloat16()
    torch.testing.assert_close(EntropyLoss()(logits), EntropyLoss()(logits.float()))
