import math

import pytest
import torch
from mmseg.registry import MODELS

from mmuda.models.losses import ModelRegularizationLoss

BOTH = torch.tensor([False, True])


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """A source and a target sample, three classes; the target has 2 of 6 pixels labeled."""
    logits = torch.randn(2, 3, 2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = torch.full((2, 2, 3), 255)
    labels[0] = 1
    labels[1, 0, :2] = 2
    return logits.requires_grad_(), labels


def test_value_is_the_mean_over_labeled_target_pixels():
    logits, labels = batch()
    want = -logits[1, :, 0, :2].log_softmax(0).mean()
    torch.testing.assert_close(ModelRegularizationLoss(1.0)(logits, labels, BOTH), want)


def test_source_and_ignored_pixels_get_no_gradient():
    logits, labels = batch()
    ModelRegularizationLoss()(logits, labels, BOTH).backward()
    touched = logits.grad.abs().sum(1) > 0
    assert touched.sum() == 2 and touched[1, 0, :2].all()


def test_uniform_predictions_are_the_minimum():
    logits = torch.zeros(1, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    loss = ModelRegularizationLoss(1.0)(logits, torch.zeros(1, 2, 2, dtype=torch.long))
    loss.backward()
    assert loss.item() == pytest.approx(math.log(3))
    torch.testing.assert_close(logits.grad, torch.zeros_like(logits))


@pytest.mark.parametrize('applied_twice, factor', [(True, 0.01), (False, 0.1)])
def test_weight_as_published_and_as_in_the_paper(applied_twice, factor):
    logits, labels = batch()
    loss = MODELS.build(dict(type='ModelRegularizationLoss', applied_twice=applied_twice))
    torch.testing.assert_close(loss(logits, labels, BOTH), factor * ModelRegularizationLoss(1.0)(logits, labels, BOTH))


def test_published_weight_is_the_default():
    logits, labels = batch()
    torch.testing.assert_close(
        ModelRegularizationLoss()(logits, labels, BOTH),
        ModelRegularizationLoss(0.1, applied_twice=True)(logits, labels, BOTH),
    )


@pytest.mark.parametrize('is_target', [torch.tensor([False, False]), torch.tensor([True, False])])
def test_without_labeled_target_pixels_loss_and_gradient_are_zero(is_target):
    logits, labels = batch()
    labels[0] = 255
    loss = ModelRegularizationLoss()(logits, labels, is_target)
    loss.backward()
    assert loss.item() == 0 and not logits.grad.any()


def test_all_samples_are_of_the_target_by_default():
    logits, labels = batch()
    torch.testing.assert_close(
        ModelRegularizationLoss()(logits, labels), ModelRegularizationLoss()(logits, labels, torch.tensor([True, True]))
    )


def test_labels_of_eight_bits_are_accepted():
    logits, labels = batch()
    torch.testing.assert_close(
        ModelRegularizationLoss()(logits, labels.byte(), BOTH), ModelRegularizationLoss()(logits, labels, BOTH)
    )


def test_bf16_logits_are_computed_in_float32():
    logits, labels = batch()
    half = logits.detach().bfloat16().requires_grad_()
    with torch.autocast('cpu', torch.bfloat16):
        got = ModelRegularizationLoss()(half, labels, BOTH)
    assert got.item() == pytest.approx(ModelRegularizationLoss()(half.float(), labels, BOTH).item())
