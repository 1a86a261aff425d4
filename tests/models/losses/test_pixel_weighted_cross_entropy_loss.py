import torch
import torch.nn.functional as F

from mmuda.models.losses import PixelWeightedCrossEntropyLoss

LOGITS = torch.randn(2, 3, 2, 2, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([[[0, 1], [2, 255]], [[255, 255], [1, 0]]])


def test_ignored_pixels_count_in_the_denominator():
    want = F.cross_entropy(LOGITS, LABELS, ignore_index=255, reduction='sum') / LABELS.numel()
    torch.testing.assert_close(PixelWeightedCrossEntropyLoss()(LOGITS, LABELS), want)


def test_weights_are_factors_of_their_pixels():
    weight = torch.zeros(2, 2, 2)
    weight[0, 0, 1] = 0.5
    want = 0.5 * F.cross_entropy(LOGITS[:1, :, 0, 1], torch.tensor([1])) / 8
    torch.testing.assert_close(PixelWeightedCrossEntropyLoss()(LOGITS, LABELS, weight), want)


def test_without_a_label_loss_and_gradient_are_zero():
    logits = LOGITS.clone().requires_grad_()
    loss = PixelWeightedCrossEntropyLoss()(logits, torch.full_like(LABELS, 255), torch.ones(2, 2, 2))
    loss.backward()
    assert loss == 0 and not logits.grad.any()


def test_no_gradient_flows_into_the_weights():
    weight = torch.ones(2, 2, 2, requires_grad=True)
    logits = LOGITS.clone().requires_grad_()
    PixelWeightedCrossEntropyLoss()(logits, LABELS, weight).backward()
    assert weight.grad is None and logits.grad.any()


def test_loss_weight_is_a_factor():
    torch.testing.assert_close(
        PixelWeightedCrossEntropyLoss(loss_weight=3.0)(LOGITS, LABELS),
        3 * PixelWeightedCrossEntropyLoss()(LOGITS, LABELS),
    )


def test_half_precision_logits_give_a_float32_loss():
    assert PixelWeightedCrossEntropyLoss()(LOGITS.bfloat16(), LABELS).dtype == torch.float32
