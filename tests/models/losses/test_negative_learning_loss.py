import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmuda.models.losses import NegativeLearningLoss


def pixels(*logits: list[float]) -> torch.Tensor:
    """(1, C, 1, pixels)."""
    return torch.tensor(logits).T[None, :, None]


def test_value_of_the_published_form():
    loss = NegativeLearningLoss()(pixels([2.0, 0.0, -1.0]), pixels([0.0, 1.0, 1.0]).bool())
    assert loss.item() == pytest.approx(0.082088, abs=1e-6)


def test_pixels_without_an_excluded_class_do_not_count():
    one = NegativeLearningLoss()(pixels([2.0, 0.0]), pixels([0.0, 1.0]).bool())
    two = NegativeLearningLoss()(pixels([2.0, 0.0], [5.0, 5.0]), pixels([0.0, 1.0], [0.0, 0.0]).bool())
    torch.testing.assert_close(one, two)


def test_nothing_excluded_gives_no_loss_and_no_gradient():
    logits = torch.randn(1, 3, 2, 2, requires_grad=True)
    loss = NegativeLearningLoss()(logits, torch.zeros(1, 3, 2, 2, dtype=torch.bool))
    loss.backward()
    assert loss == 0 and not logits.grad.any()


@given(seed=st.integers(0, 20))
def test_a_step_down_the_gradient_takes_probability_from_excluded_classes(seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(1, 4, 1, 1, generator=generator, requires_grad=True)
    negative = torch.tensor([True, True, False, False]).reshape(1, 4, 1, 1)
    NegativeLearningLoss()(logits, negative).backward()
    after = logits.detach() - 0.1 * logits.grad
    assert after.softmax(1)[negative].sum() < logits.detach().softmax(1)[negative].sum()


def test_a_class_that_is_certain_and_excluded_leaves_all_finite():
    logits = pixels([1000.0, 0.0]).requires_grad_()
    loss = NegativeLearningLoss()(logits, pixels([1.0, 0.0]).bool())
    loss.backward()
    assert loss.isfinite() and logits.grad.isfinite().all()


def test_half_precision_is_computed_in_float32():
    logits, negative = torch.randn(1, 3, 2, 2).half(), torch.rand(1, 3, 2, 2) < 0.5
    loss = NegativeLearningLoss()(logits, negative)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, NegativeLearningLoss()(logits.float(), negative))


def test_weight():
    logits, negative = torch.randn(1, 3, 2, 2), torch.ones(1, 3, 2, 2, dtype=torch.bool)
    torch.testing.assert_close(
        NegativeLearningLoss(loss_weight=3.0)(logits, negative), 3 * NegativeLearningLoss()(logits, negative)
    )
