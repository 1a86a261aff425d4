import pytest
import torch
from torch import nn

from mmuda.models.discriminators import FCDiscriminator, MultiScaleDiscriminator
from mmuda.models.losses import LSGANLoss


def constant(net: nn.Module, mean_filter: bool) -> nn.Module:
    """All convolutions zero, or mean filters (weights 1 / fan-in, biases 0)."""
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.fill_(1 / module.weight[0].numel() if mean_filter else 0)
                module.bias.zero_()
    return net


@pytest.fixture
def maps():
    real = torch.full((1, 2, 64, 64), 0.5, dtype=torch.float64)
    fake = torch.zeros_like(real)
    fake[:, 0] = 1
    return fake, real


def test_zero_discriminator(maps):
    net = constant(MultiScaleDiscriminator(2).double(), mean_filter=False)
    assert LSGANLoss().generator(net(maps[0])).item() == 6.0
    assert LSGANLoss().discriminator(net, *maps).item() == 3.0


def test_mean_filter_discriminator_of_the_worked_example(maps):
    net = constant(MultiScaleDiscriminator(2).double(), mean_filter=True)
    # The example was computed in float32, 7e-6 away from float64.
    assert LSGANLoss().discriminator(net, *maps).item() == pytest.approx(44.248845, rel=2e-5)
    without_penalty = LSGANLoss(gradient_penalty=0.0).discriminator(net, *maps).item()
    assert without_penalty == pytest.approx(43.650105, rel=2e-5)
    assert LSGANLoss().generator(net(maps[0])).item() == pytest.approx(33.093575, rel=2e-5)


def test_discriminator_loss_leaves_the_segmentor_alone(maps):
    fake, real = (view.requires_grad_() for view in maps)
    LSGANLoss().discriminator(MultiScaleDiscriminator(2).double(), fake, real).backward()
    assert fake.grad is None and real.grad is None


def test_penalty_reaches_every_weight():
    net = FCDiscriminator(2, base_channels=2)
    with torch.no_grad():  # away from the minimum of the least-squares terms
        net.classifier.bias.fill_(3.0)
    gradients = []
    for penalty in (0.0, 1.0):
        net.zero_grad()
        torch.manual_seed(0)
        LSGANLoss(gradient_penalty=penalty).discriminator(
            net, torch.rand(1, 2, 32, 32), torch.rand(1, 2, 32, 32)
        ).backward()
        gradients.append([param.grad.clone() for name, param in net.named_parameters() if 'weight' in name])
    assert all(not torch.equal(without, with_) for without, with_ in zip(*gradients))
