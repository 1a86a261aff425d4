import pytest
import torch
from mmseg.registry import MODELS

from mmuda.models.losses import MemoryRegularizationLoss
from tests.helpers.toy_pixels import toy_logits


def test_value_of_the_worked_example():
    assert MemoryRegularizationLoss(loss_weight=1.0)(*toy_logits()).item() == pytest.approx(0.244893, abs=1e-6)


def test_gradient_pulls_each_classifier_to_the_fusion():
    aux, main = toy_logits()
    MemoryRegularizationLoss(loss_weight=1.0)(aux, main).backward()
    memory = (0.5 * aux + main).softmax(1).detach()
    for logits in (aux, main):
        torch.testing.assert_close(logits.grad, (logits.detach().softmax(1) - memory) / 5)


def test_zero_for_equal_predictions_of_shifted_logits():
    main = torch.randn(1, 3, 2, 2, dtype=torch.float64)
    uniform = torch.zeros_like(main)
    assert MemoryRegularizationLoss()(uniform, uniform + 5.0).item() == pytest.approx(0, abs=1e-12)
    assert MemoryRegularizationLoss(aux_weight=0.0)(main + 5.0, main).item() == pytest.approx(0, abs=1e-12)


def test_weight_scales_the_result():
    loss = MODELS.build(dict(type='MemoryRegularizationLoss'))
    full = MemoryRegularizationLoss(loss_weight=1.0)(*toy_logits())
    torch.testing.assert_close(loss(*toy_logits()), 0.1 * full)


def test_contradicting_confident_heads_stay_finite():
    aux = torch.tensor([300.0, 0.0]).reshape(1, 2, 1, 1).requires_grad_()
    main = torch.tensor([0.0, 300.0]).reshape(1, 2, 1, 1).requires_grad_()
    loss = MemoryRegularizationLoss()(aux, main)
    loss.backward()
    assert loss.isfinite() and aux.grad.isfinite().all() and main.grad.isfinite().all()
