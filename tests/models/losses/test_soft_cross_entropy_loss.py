import pytest
import torch
import torch.nn.functional as F
from mmseg.registry import MODELS

from mmuda.models.losses import SoftCrossEntropyLoss
from tests.helpers.toy_pixels import LABELS, toy_logits


def one_hot(labels: torch.Tensor) -> torch.Tensor:
    """(N, H, W) -> (N, 3, H, W) float64; ignored pixels are all zeros."""
    encoded = F.one_hot(labels.where(labels != 255, 3), 4)[..., :3]
    return encoded.permute(0, 3, 1, 2).double()


def test_one_hot_labels_give_the_mean_cross_entropy_of_labeled_pixels():
    logits, _ = toy_logits()
    torch.testing.assert_close(
        SoftCrossEntropyLoss()(logits, one_hot(LABELS)), F.cross_entropy(logits, LABELS, ignore_index=255)
    )


def test_labels_are_weighted_by_their_probability():
    logits = torch.tensor([1.0, 0.0], dtype=torch.float64).reshape(1, 2, 1, 1)
    log_p = logits.log_softmax(1).flatten()
    soft = torch.tensor([0.25, 0.75], dtype=torch.float64).reshape(1, 2, 1, 1)
    torch.testing.assert_close(SoftCrossEntropyLoss()(logits, soft), -(0.25 * log_p[0] + 0.75 * log_p[1]))


def test_without_labeled_pixels_loss_and_gradient_are_zero():
    logits, _ = toy_logits()
    loss = SoftCrossEntropyLoss()(logits, torch.zeros_like(logits))
    loss.backward()
    assert loss.item() == 0 and not logits.grad.any()


def test_no_gradient_flows_into_the_labels():
    logits, other = toy_logits()
    SoftCrossEntropyLoss()(logits, other.softmax(1)).backward()
    assert other.grad is None and logits.grad.any()


def test_weight_scales_the_result():
    logits, _ = toy_logits()
    half = MODELS.build(dict(type='SoftCrossEntropyLoss', loss_weight=0.5))(logits, one_hot(LABELS))
    torch.testing.assert_close(half, 0.5 * SoftCrossEntropyLoss()(logits, one_hot(LABELS)))


def test_bf16_logits_are_computed_in_float32():
    logits = torch.randn(1, 3, 2, 2, generator=torch.Generator().manual_seed(0)).bfloat16().requires_grad_()
    soft = torch.full((1, 3, 2, 2), 1 / 3)
    with torch.autocast('cpu', torch.bfloat16):
        got = SoftCrossEntropyLoss()(logits, soft)
    assert got.item() == pytest.approx(SoftCrossEntropyLoss()(logits.float(), soft).item())
