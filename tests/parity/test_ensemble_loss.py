"""The student's loss over consecutive iterations (case of golden/ensemble)."""

import numpy as np
import torch
import torch.nn.functional as F

from mmuda.models.losses import ClassBalanceWeights, HardPixelCrossEntropyLoss, PixelCrossEntropyLoss
from mmuda.models.losses.hard_pixel_cross_entropy_loss import hard_pixels
from tests.helpers.golden import Case, assert_close, each_case, each_variant

TOLERANCE = 1e-5
each_loss = each_case('ensemble', 'student_loss*')


def class_weights(case: Case, **options) -> ClassBalanceWeights:
    return ClassBalanceWeights(
        case['in_logits'].shape[2],
        max_weight=float(case['param_max_weight']),
        min_pixels=int(case['param_small_pixels']),
        momentum=float(case['param_often_momentum']),
        **options,
    )


def iterations(case: Case):
    """Logits and labels of each iteration."""
    for logits, labels in zip(case['in_logits'], case['in_labels']):
        yield torch.from_numpy(logits).requires_grad_(), torch.from_numpy(labels)


def losses(case: Case, percentile: float | None, weights: ClassBalanceWeights | None) -> list[float]:
    loss = PixelCrossEntropyLoss() if percentile is None else HardPixelCrossEntropyLoss(percentile)
    return [
        loss(logits, labels, None if weights is None else weights(labels)).item() for logits, labels in iterations(case)
    ]


@each_loss
def test_class_weights(case):
    weights = class_weights(case)
    for k, (_, labels) in enumerate(iterations(case)):
        assert_close(weights(labels), case['out_class_weight'][k], TOLERANCE, 'class weight')
        assert_close(weights.absence, case['out_often_weight'][k], TOLERANCE, 'moving average')


@each_loss
def test_class_weights_without_moving_average(case):
    weights = class_weights(case, often_balance=False)
    got = [weights(labels).numpy() for _, labels in iterations(case)]
    assert_close(got, case['out_class_weight_no_often'], TOLERANCE)


@each_loss
def test_mined_labels_and_threshold(case):
    for k, (logits, labels) in enumerate(iterations(case)):
        pixel_loss = F.cross_entropy(
            logits, labels.long(), torch.from_numpy(case['out_class_weight'][k]), ignore_index=255, reduction='none'
        )
        kept, threshold = hard_pixels(pixel_loss, labels, float(case['param_hard_percentile']))
        assert_close(threshold, case['out_threshold'][k], TOLERANCE, 'threshold')
        assert np.array_equal(labels.masked_fill(~kept, 255), case['out_mined_labels'][k])


@each_loss
def test_losses_and_gradients(case):
    loss, weights = HardPixelCrossEntropyLoss(float(case['param_hard_percentile'])), class_weights(case)
    for k, (logits, labels) in enumerate(iterations(case)):
        value = loss(logits, labels, weights(labels))
        value.backward()
        assert_close(value.detach(), case['out_loss'][k], TOLERANCE, 'loss')
        assert_close(logits.grad, case['out_grad_logits'][k], TOLERANCE, 'gradient')


@each_variant('ensemble', 'student_loss*', 'out_loss_')
def test_losses_of_the_variants(case, suffix):
    percentile = None if suffix == 'no_mining' else float(case['param_hard_percentile'])
    weights = None if suffix == 'no_class_balance' else class_weights(case, often_balance=suffix != 'no_often')
    assert_close(losses(case, percentile, weights), case[f'out_loss_{suffix}'], TOLERANCE)
