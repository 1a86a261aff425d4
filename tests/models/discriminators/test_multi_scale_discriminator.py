import torch
from mmseg.registry import MODELS
from torch import nn

from mmuda.models.discriminators import MultiScaleDiscriminator


def test_parameter_count_is_the_original_s():
    assert sum(param.numel() for param in MultiScaleDiscriminator(19).parameters()) == 1_041_699


def test_one_map_per_scale_at_an_eighth_of_its_size():
    net = MODELS.build(dict(type='MultiScaleDiscriminator', in_channels=3, base_channels=2))
    sizes = [tuple(m.shape) for m in net(torch.rand(2, 3, 64, 128))]
    assert sizes == [(2, 1, 8, 16), (2, 1, 4, 8), (2, 1, 2, 4)]


def test_initial_weights_are_small_and_biases_zero():
    torch.manual_seed(0)
    convs = [m for m in MultiScaleDiscriminator(19).modules() if isinstance(m, nn.Conv2d)]
    assert not any(conv.bias.any() for conv in convs)
    std = torch.cat([conv.weight.flatten() for conv in convs]).std()
    torch.testing.assert_close(std, torch.tensor(0.02), rtol=0.01, atol=0)


def test_average_pool_does_not_count_padding():
    net = MultiScaleDiscriminator(2)
    ones = torch.ones(1, 2, 5, 5)
    assert torch.equal(net.downsample(ones), torch.ones(1, 2, 3, 3))
