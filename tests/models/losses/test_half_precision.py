"""Losses under bf16 autocast, as in mixed precision training."""

import pytest
import torch

from mmuda.models.discriminators import MultiScaleDiscriminator
from mmuda.models.losses import (
    ConfidentEntropyLoss,
    HardPixelCrossEntropyLoss,
    LSGANLoss,
    MemoryRegularizationLoss,
    RectifiedLoss,
)

LABELS = torch.arange(36).reshape(1, 6, 6) % 3
WEIGHT = torch.tensor([1.0, 7.0, 2.0])
LOSSES = {
    'memory': lambda aux, main: MemoryRegularizationLoss()(aux, main),
    'entropy': lambda aux, main: ConfidentEntropyLoss()(aux, main),
    'rectified': lambda aux, main: sum(RectifiedLoss()(aux, main, LABELS, WEIGHT).values()),
    'hard_pixel': lambda aux, main: (
        HardPixelCrossEntropyLoss()(aux, LABELS, WEIGHT) + HardPixelCrossEntropyLoss()(main, LABELS, WEIGHT)
    ),
}


@pytest.mark.parametrize('name', LOSSES)
def test_bf16_logits_are_computed_in_float32(name):
    torch.manual_seed(0)
    aux, main = torch.randn(2, 1, 3, 6, 6).bfloat16()
    with torch.autocast('cpu', torch.bfloat16):
        got = LOSSES[name](aux.requires_grad_(), main.requires_grad_())
    got.backward()
    torch.testing.assert_close(got, LOSSES[name](aux.float(), main.float()))
    assert aux.grad.isfinite().all() and main.grad.isfinite().all()


def test_discriminator_loss_under_autocast_is_close_to_float32():
    torch.manual_seed(0)
    net = MultiScaleDiscriminator(3, base_channels=4, init_std=0.2)
    fake, real = torch.randn(2, 2, 3, 32, 32).softmax(2)
    want = LSGANLoss().discriminator(net, fake, real)
    with torch.autocast('cpu', torch.bfloat16):
        got = LSGANLoss().discriminator(net, fake, real)
    got.backward()
    torch.testing.assert_close(got, want, rtol=0.02, atol=0)
    assert all(param.grad.isfinite().all() for param in net.parameters())
