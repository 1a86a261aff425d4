"""Losses against the authors' implementation (cases of golden/mrnet)."""

import numpy as np
import torch
import torch.nn.functional as F

from mmuda.models.losses import (
    ClassBalanceWeights,
    ConfidentEntropyLoss,
    HardPixelCrossEntropyLoss,
    MemoryRegularizationLoss,
    RectifiedLoss,
)
from mmuda.models.losses.hard_pixel_cross_entropy_loss import hard_pixels
from mmuda.models.losses.rectified_loss import head_kl, rectified_loss
from tests.helpers.golden import Case, assert_close, each_case, each_variant


def tensor(array: np.ndarray, grad: bool = False) -> torch.Tensor:
    return torch.from_numpy(array.copy()).requires_grad_(grad)


@each_variant('mrnet', 'class_weights*', 'out_class_weight_')
def test_class_weights(case, suffix):
    weights = ClassBalanceWeights(
        int(case['param_num_classes']),
        max_weight=float(case['param_max_value']),
        min_pixels=int(case['param_min_pixels_per_image']),
        often_balance=suffix == 'often',
    )
    got = [(weights(tensor(labels)).numpy(), weights.absence.numpy().copy()) for labels in case['in_labels']]
    assert_close([weight for weight, _ in got], case[f'out_class_weight_{suffix}'], 1e-6, 'class weights')
    assert_close([ema for _, ema in got], case[f'out_ema_{suffix}'], 1e-6, 'moving average')


@each_case('mrnet', 'hard_pixel_ce_*')
class TestHardPixelCrossEntropy:
    def test_mask_and_threshold(self, case):
        target = tensor(case['in_labels']).long()
        pixel_loss = F.cross_entropy(
            tensor(case['in_logits']), target, tensor(case['in_class_weight']), ignore_index=255, reduction='none'
        )
        kept, threshold = hard_pixels(pixel_loss, target, float(case['param_percentile']))
        assert np.array_equal(kept.numpy(), case['out_kept_mask'])
        assert_close(threshold, case['out_threshold'], 1e-6, 'threshold')

    def test_loss_and_gradient(self, case):
        logits = tensor(case['in_logits'], grad=True)
        loss = HardPixelCrossEntropyLoss(float(case['param_percentile']))(
            logits, tensor(case['in_labels']), tensor(case['in_class_weight'])
        )
        loss.backward()
        # Without any label the original's loss is 0/0, ours is 0.
        assert_close(loss.detach(), np.nan_to_num(case['out_loss']), 2e-6, 'loss')
        assert_close(logits.grad, case['out_grad_logits'], 2e-6, 'gradient')


@each_variant('mrnet', 'memory_regularization*', 'in_aux')
def test_memory_regularization(case, suffix):
    assert_two_head_loss(MemoryRegularizationLoss(loss_weight=1.0), case, suffix)


@each_variant('mrnet', 'confident_entropy*', 'in_aux')
def test_confident_entropy(case, suffix):
    assert_two_head_loss(ConfidentEntropyLoss(loss_weight=1.0), case, suffix)


def assert_two_head_loss(loss: torch.nn.Module, case: Case, suffix: str) -> None:
    aux, main = (tensor(case[f'in_{head}{suffix}'], grad=True) for head in ('aux', 'main'))
    value = loss(aux, main)
    value.backward()
    assert_close(value.detach(), case[f'out_loss{suffix}'], 2e-6, 'loss')
    assert_close(aux.grad, case[f'out_grad_aux{suffix}'], 5e-6, 'aux gradient')
    assert_close(main.grad, case[f'out_grad_main{suffix}'], 5e-6, 'main gradient')


def rectified_inputs(case: Case, suffix: str) -> tuple[torch.Tensor, ...]:
    return (
        tensor(case[f'in_aux{suffix}'], grad=True),
        tensor(case[f'in_main{suffix}'], grad=True),
        tensor(case[f'in_labels{suffix}']),
        tensor(case['in_class_weight']),
    )


@each_variant('mrnet', 'rectified*', 'in_aux')
class TestRectified:
    def test_losses_of_the_heads(self, case, suffix):
        aux, main, labels, class_weight = rectified_inputs(case, suffix)
        aux_loss, _ = rectified_loss(aux, main, labels, class_weight)
        main_loss, _ = rectified_loss(main, aux, labels, class_weight)
        assert_close(aux_loss.detach(), case[f'out_loss_aux{suffix}'], 2e-6, 'aux')
        assert_close(main_loss.detach(), case[f'out_loss_main{suffix}'], 2e-6, 'main')

    def test_variances(self, case, suffix):
        aux, main, *_ = rectified_inputs(case, suffix)
        assert_close(head_kl(aux, main).detach(), case[f'out_variance_aux{suffix}'], 2e-6, 'aux')
        assert_close(head_kl(main, aux).detach(), case[f'out_variance_main{suffix}'], 2e-6, 'main')

    def test_total_and_gradients(self, case, suffix):
        aux, main, labels, class_weight = rectified_inputs(case, suffix)
        losses = RectifiedLoss(float(case['param_lambda_seg']))(aux, main, labels, class_weight)
        total = losses['main'] + losses['aux']
        total.backward()
        assert_close(total.detach(), case[f'out_total{suffix}'], 2e-6, 'total')
        for head, logits in (('aux', aux), ('main', main)):
            want = case.get(f'out_grad_{head}{suffix}')
            if want is None:  # the original's gradient is not finite there, ours must be
                assert case[f'out_grad_nonfinite_{head}{suffix}'].any()
                assert logits.grad.isfinite().all()
            else:
                assert_close(logits.grad, want, 2e-5, f'{head} gradient')
