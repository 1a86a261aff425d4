"""CRST's losses (cases of golden/crst)."""

import numpy as np
import torch

from mmuda.models.losses import ModelRegularizationLoss, PixelCrossEntropyLoss, SoftCrossEntropyLoss
from mmuda.models.losses.model_regularization_loss import model_kl_regularization
from tests.helpers.golden import Case, assert_close, each_case


def logits_of(case: Case) -> torch.Tensor:
    return torch.from_numpy(case['in_logits'].copy()).requires_grad_()


def assert_loss(loss: torch.Tensor, logits: torch.Tensor, value: np.ndarray, gradient: np.ndarray) -> None:
    loss.backward()
    assert_close(loss.detach(), value, 1e-5, 'loss')
    assert_close(logits.grad, gradient, 1e-5, 'gradient')


def as_trained(case: Case) -> tuple[int, np.ndarray]:
    """The row and the weights of its samples where these are those of training: alpha for the target.

    Alpha is so twice in the loss.
    """
    alpha = float(case['param_alpha'])
    return next((row, weights) for row, weights in enumerate(case['param_reg_weights']) if set(weights) == {0, alpha})


@each_case('crst', 'mrkld*')
def test_mrkld(case):
    labels = torch.from_numpy(case['in_labels'])
    for row, weights in enumerate(case['param_reg_weights']):
        logits = logits_of(case)
        regularizer = model_kl_regularization(logits, labels != 255, torch.from_numpy(weights))
        loss = PixelCrossEntropyLoss()(logits, labels) + float(case['param_alpha']) * regularizer
        assert_loss(loss, logits, case['out_loss'][row], case['out_grad_logits'][row])


@each_case('crst', 'mrkld*')
def test_mrkld_as_trained(case):
    row, weights = as_trained(case)
    labels, logits = torch.from_numpy(case['in_labels']), logits_of(case)
    loss = PixelCrossEntropyLoss()(logits, labels)
    loss = loss + ModelRegularizationLoss(float(case['param_alpha']))(logits, labels, torch.from_numpy(weights != 0))
    assert_loss(loss, logits, case['out_loss'][row], case['out_grad_logits'][row])


@each_case('crst', 'mrkld*')
def test_cross_entropy_of_mrkld(case):
    loss = PixelCrossEntropyLoss()(logits_of(case), torch.from_numpy(case['in_labels']))
    assert_close(loss.detach(), case['out_cross_entropy'], 1e-5)


@each_case('crst', 'lrent_loss*')
def test_lrent_loss(case):
    logits = logits_of(case)
    loss = SoftCrossEntropyLoss()(logits, torch.from_numpy(case['in_soft_labels']))
    assert_loss(loss, logits, case['out_loss'], case['out_grad_logits'])


@each_case('crst', 'lrent_loss*')
def test_lrent_loss_with_model_regularization(case):
    logits, soft = logits_of(case), torch.from_numpy(case['in_soft_labels'])
    regularizer = model_kl_regularization(logits, soft.sum(1) != 0, torch.from_numpy(case['param_reg_weight_with_kld']))
    loss = SoftCrossEntropyLoss()(logits, soft) + float(case['param_mr_weight_with_kld']) * regularizer
    assert_loss(loss, logits, case['out_loss_with_kld'], case['out_grad_logits_with_kld'])
