import math

import pytest
import torch

from mmuda.models.losses import ConfidentEntropyLoss
from tests.helpers.toy_pixels import toy_logits


def test_value_of_the_worked_example():
    assert ConfidentEntropyLoss()(*toy_logits()).item() == pytest.approx(0.362154, abs=1e-6)


def test_uniform_prediction_has_entropy_log_c_and_confidence_one_over_c():
    uniform = torch.zeros(1, 4, 2, 2)
    assert ConfidentEntropyLoss()(uniform, uniform).item() == pytest.approx(math.log(4) / 4)


def test_confidence_is_a_constant_for_the_gradient():
    aux, main = toy_logits()
    ConfidentEntropyLoss()(aux, main).backward()
    fused = (0.5 * aux + main).detach().requires_grad_()
    prob = fused.softmax(1)
    confidence = prob.detach().square().sum(1)
    (-(prob * prob.log()).sum(1) * confidence).mean().backward()
    torch.testing.assert_close(main.grad, fused.grad)
    torch.testing.assert_close(aux.grad, 0.5 * fused.grad)
