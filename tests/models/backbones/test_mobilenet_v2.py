"""MobileNetV2 of the ensemble's students."""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.models.backbones import MobileNetV2
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad, relu6

from mmuda.models.backbones import InputPaddedMobileNetV2
from tests.helpers.tiny import REPO


@pytest.fixture(autouse=True)
def scope() -> None:
    init_default_scope('mmseg')


def shifted(net: nn.Module) -> nn.Module:
    """Give every BatchNorm another shift and other statistics, so that padded zeros do not stay zeros."""
    torch.manual_seed(0)
    for norm in (module for module in net.modules() if isinstance(module, nn.BatchNorm2d)):
        nn.init.uniform_(norm.bias, 0.2, 1.0)
        nn.init.uniform_(norm.running_mean, -0.3, 0.3)
    net.eval()  # returns nothing
    return net


def published_block(state: dict[str, Tensor], prefix: str, x: Tensor, stride: int, dilation: int) -> Tensor:
    """A widening block written out: pad by the dilation, 1x1, 3x3 without padding, 1x1."""

    def conv_norm(k: int, x: Tensor, **options) -> Tensor:
        weight, (gamma, beta, mean, var) = (
            state[f'{prefix}.conv.{k}.conv.weight'],
            (
                state[f'{prefix}.conv.{k}.bn.{entry}'][:, None, None]
                for entry in ('weight', 'bias', 'running_mean', 'running_var')
            ),
        )
        return (conv2d(x, weight, **options) - mean) / (var + 1e-5).sqrt() * gamma + beta

    out = relu6(conv_norm(0, pad(x, [dilation] * 4)))
    out = relu6(conv_norm(1, out, stride=stride, dilation=dilation, groups=out.shape[1]))
    out = conv_norm(2, out)
    return x + out if stride == 1 and out.shape[1] == x.shape[1] else out


@pytest.mark.parametrize(
    'stage, block, channels, stride, dilation',
    [(2, 0, 16, 2, 1), (2, 1, 24, 1, 1), (6, 0, 96, 1, 1), (6, 2, 160, 1, 1), (7, 0, 160, 1, 2)],
)
def test_a_block_pads_its_input(stage, block, channels, stride, dilation):
    net = shifted(InputPaddedMobileNetV2())
    x = torch.randn(2, channels, 9, 12)
    with torch.no_grad():
        found = getattr(net, f'layer{stage}')[block](x)
        wanted = published_block(net.state_dict(), f'layer{stage}.{block}', x, stride, dilation)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_stock_blocks_differ_at_the_border_alone():
    ours = shifted(InputPaddedMobileNetV2())
    stock = MobileNetV2(strides=(1, 2, 2, 2, 1, 1, 1), dilations=(1, 1, 1, 1, 1, 1, 2))
    stock.eval()
    stock.load_state_dict(ours.state_dict())  # the same names
    x = torch.randn(1, 24, 8, 8)
    with torch.no_grad():
        difference = (ours.layer2[1](x) - stock.layer2[1](x)).abs().amax(dim=(0, 1))
    assert difference[1:-1, 1:-1].max() < 1e-5
    assert min(side.min() for side in (difference[0], difference[-1], difference[:, 0], difference[:, -1])) > 1e-3


@pytest.mark.parametrize('name', ['deeplabv3plus_mobilenetv2', 'deeplabv2_mobilenetv2'])
def test_only_the_last_stage_of_the_students_is_dilated(name):
    backbone = MODELS.build(Config.fromfile(REPO / f'configs/_base_/models/{name}.py').model.segmentor).backbone
    dilations = {
        stage: {
            module.dilation[0]
            for module in getattr(backbone, f'layer{stage}').modules()
            if isinstance(module, nn.Conv2d)
        }
        for stage in (5, 6, 7)
    }
    assert dilations == {5: {1}, 6: {1}, 7: {1, 2}}  # 1x1 convolutions have none
    assert isinstance(backbone, InputPaddedMobileNetV2)


def test_features_have_strides_4_and_16():
    early, late = InputPaddedMobileNetV2()(torch.zeros(1, 3, 64, 96))
    assert (early.shape, late.shape) == ((1, 24, 16, 24), (1, 320, 4, 6))
