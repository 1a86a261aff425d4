import pytest
import torch
from mmseg.registry import MODELS
from torch import nn

from mmuda.models.discriminators import FCDiscriminator


def test_one_map_at_a_thirty_second_of_the_size():
    net = MODELS.build(dict(type='FCDiscriminator', in_channels=3, base_channels=2))
    assert [tuple(m.shape) for m in net(torch.rand(2, 3, 64, 96))] == [(2, 1, 2, 3)]


def test_channels_are_the_paper_s():
    convs = [m for m in FCDiscriminator(19).modules() if isinstance(m, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in convs] == [(19, 64), (64, 128), (128, 256), (256, 512), (512, 1)]


def test_output_is_linear_in_the_last_layer():
    net = FCDiscriminator(2, base_channels=2)
    with torch.no_grad():
        net.classifier.weight.zero_()
        net.classifier.bias.fill_(-5.0)
    assert net(torch.rand(1, 2, 32, 32))[0].item() == -5.0


@pytest.mark.parametrize('num_layers, size', [(3, (1, 1, 4, 8)), (4, (1, 1, 2, 4))])
def test_fewer_layers_for_maps_of_the_size_of_the_logits(num_layers, size):
    net = FCDiscriminator(2, base_channels=2, num_layers=num_layers)
    assert len([m for m in net.modules() if isinstance(m, nn.Conv2d)]) == num_layers
    assert net(torch.rand(1, 2, 33, 65))[0].shape == size


def test_maps_that_are_too_small_are_refused():
    with pytest.raises(ValueError, match=r'to 1/32, and these are \(31, 65\): set num_layers'):
        FCDiscriminator(2, base_channels=2)(torch.rand(1, 2, 31, 65))
