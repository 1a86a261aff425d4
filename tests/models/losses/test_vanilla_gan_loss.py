import math

import pytest
import torch
from torch import nn

from mmuda.models.losses import VanillaGANLoss


class Net(nn.Module):
    """Two scales of one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return [self.weight * x, self.weight * x[..., :1]]


def test_an_undecided_discriminator():
    maps = [torch.zeros(1, 1, 2, 2)] * 2
    assert VanillaGANLoss().generator(maps).item() == pytest.approx(2 * math.log(2))
    assert VanillaGANLoss().generator(maps[:1]).item() == pytest.approx(math.log(2))


def test_the_generator_wants_the_label_of_real_maps():
    maps = torch.zeros(1, 1, 2, 2, requires_grad=True)
    VanillaGANLoss().generator([maps]).backward()
    assert (maps.grad > 0).all()  # descent lowers them: 0 is real


@pytest.mark.parametrize('scale', [0.5, 1.0])
def test_the_discriminator_learns_alone(scale):
    net, maps = Net(), torch.ones(1, 1, 2, 2, requires_grad=True)
    loss = VanillaGANLoss(scale).discriminator(net, fake=2 * maps, real=-maps)
    loss.backward()
    assert loss.item() == pytest.approx(scale * 4 * math.log(2))
    assert net.weight.grad < 0  # larger for fake, smaller for real
    assert maps.grad is None
