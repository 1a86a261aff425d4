import pytest
import torch

from mmuda.models.losses import RectifiedLoss
from mmuda.models.losses.rectified_loss import head_kl, rectified_loss
from tests.helpers.toy_pixels import CLASS_WEIGHT, LABELS, toy_logits


def test_divergences_of_the_worked_example():
    aux, main = toy_logits()
    want = torch.tensor([0.183383, 0.111983, 0.308994, 0.092753, 0.657205], dtype=torch.float64)
    torch.testing.assert_close(head_kl(main, aux).flatten().detach(), want, atol=1e-6, rtol=0)


def test_losses_of_the_worked_example():
    losses = RectifiedLoss()(*toy_logits(), LABELS, CLASS_WEIGHT)
    assert losses['aux'].item() == pytest.approx(0.5 * 1.377195, abs=1e-6)
    assert losses['main'].item() == pytest.approx(1.456890, abs=1e-6)


@pytest.mark.parametrize(
    'pixel, aux_want, main_want',
    [
        (0, (0.0292231, -0.0095370, -0.0196861), (-0.1313383, 0.0525630, 0.0787752)),
        (4, (0.1082669, 0.0083334, -0.1166003), (-0.0866286, -0.0658754, 0.1525040)),
    ],
    ids=['labeled', 'ignored'],
)
def test_gradients_of_the_worked_example(pixel, aux_want, main_want):
    aux, main = toy_logits()
    sum(RectifiedLoss()(aux, main, LABELS, CLASS_WEIGHT).values()).backward()
    for logits, want in ((aux, aux_want), (main, main_want)):
        got = logits.grad[0, :, 0, pixel]
        torch.testing.assert_close(got, torch.tensor(want, dtype=torch.float64), atol=1e-7, rtol=0)


def test_equal_heads_give_the_plain_weighted_mean():
    _, main = toy_logits()
    loss, variance = rectified_loss(main, main, LABELS, CLASS_WEIGHT)
    plain = torch.nn.functional.cross_entropy(main, LABELS, CLASS_WEIGHT, ignore_index=255, reduction='none')
    assert not variance.any()
    torch.testing.assert_close(loss, plain.mean())


def test_ignore_index_is_respected():
    aux, main = toy_logits()
    labels = LABELS.clone()
    labels[labels == 255] = 254
    want, _ = rectified_loss(aux, main, LABELS)
    got, _ = rectified_loss(aux, main, labels, ignore_index=254)
    torch.testing.assert_close(got, want)
