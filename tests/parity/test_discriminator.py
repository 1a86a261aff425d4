"""Multi-scale discriminator and its losses against the authors' implementation."""

import re

import pytest
import torch

from mmuda.models.discriminators import MultiScaleDiscriminator
from mmuda.models.losses import LSGANLoss
from mmuda.models.losses.lsgan_loss import gradient_penalty
from tests.helpers.golden import assert_close, each_case, original_state


def our_name(original: str) -> str:
    """``cnns.S.L[.model.K][.conv].kind`` -> name in MultiScaleDiscriminator.

    Layers 0-4 are convolutions, 5-8 residual blocks, 9 is the classifier.
    """
    scale, layer, inner, kind = re.fullmatch(
        r'cnns\.(\d+)\.(\d+)(?:\.model\.(\d+))?(?:\.conv)?\.(weight|bias)', original
    ).groups()
    layer = int(layer)
    if inner is not None:
        part = f'blocks.{layer - 5}.conv{int(inner) + 1}'
    else:
        part = f'convs.{layer}' if layer < 5 else 'classifier'
    return f'scales.{scale}.{part}.{kind}'


@pytest.fixture
def net(case):
    net = MultiScaleDiscriminator(int(case['param_num_classes']))
    net.load_state_dict({our_name(name): value for name, value in original_state(case).items()})
    return net


each_discriminator = each_case('mrnet', 'ms_discriminator*')


@pytest.mark.parametrize('view', ['fake', 'real'])
@each_discriminator
def test_patch_maps(case, net, view):
    maps = net(torch.from_numpy(case[f'in_{view}']))
    want = [case[key] for key in sorted(case) if key.startswith(f'out_{view}_scale')]
    assert len(maps) == len(want)
    for scale, (got, expected) in enumerate(zip(maps, want)):
        assert_close(got.detach(), expected, 1e-5, f'scale {scale}')


@each_discriminator
def test_generator_loss_and_gradient(case, net):
    fake = torch.from_numpy(case['in_fake']).requires_grad_()
    loss = LSGANLoss().generator(net(fake))
    loss.backward()
    assert_close(loss.detach(), case['out_gen_loss'], 1e-5, 'loss')
    assert_close(fake.grad, case['out_grad_fake'], 1e-4, 'gradient')


@each_discriminator
def test_penalty(case, net):
    real = torch.from_numpy(case['in_real']).requires_grad_()
    penalty = LSGANLoss().gradient_penalty * gradient_penalty(net(real), real)
    assert_close(penalty.detach(), case['out_dis_penalty'], 1e-5, 'penalty')


@each_discriminator
def test_discriminator_loss_and_gradients(case, net):
    fake, real = (torch.from_numpy(case[key]) for key in ('in_fake', 'in_real'))
    loss = LSGANLoss().discriminator(net, fake, real)
    loss.backward()
    assert_close(loss.detach(), case['out_dis_loss'], 1e-5, 'loss')
    gradients = {name: param.grad for name, param in net.named_parameters()}
    for name in case['param_grad_names']:
        want = case[f'out_grad_dis.{name}']
        assert_close(gradients[our_name(name)].flatten()[: len(want)], want, 1e-4, name)
