import pytest
import torch
import torch.nn.functional as F

from mmuda.models.losses import PixelCrossEntropyLoss
from tests.helpers.toy_pixels import CLASS_WEIGHT, LABELS, toy_logits


@pytest.mark.parametrize('head, want', [(0, 0.529913), (1, 0.626880)])
def test_it_is_the_mean_weighted_by_class(head, want):
    loss = PixelCrossEntropyLoss()
    assert loss(toy_logits()[head], LABELS, CLASS_WEIGHT).item() == pytest.approx(want, abs=1e-6)


def test_without_class_weight_every_class_counts_the_same():
    logits, _ = toy_logits()
    want = F.cross_entropy(logits, LABELS, ignore_index=255)
    torch.testing.assert_close(PixelCrossEntropyLoss()(logits, LABELS), want)


def test_all_ignored_gives_zero_loss_and_gradient():
    logits, _ = toy_logits()
    loss = PixelCrossEntropyLoss()(logits, torch.full_like(LABELS, 255), CLASS_WEIGHT)
    loss.backward()
    assert loss.item() == 0 and not logits.grad.any()
