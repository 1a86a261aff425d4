"""The networks of ADVENT, DADA, CTRL and Depth Distribution, through the converters of their checkpoints."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest
import torch
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.decode_heads.dilated_sum import DilatedSum
from tests.helpers.golden import cases, load_case, original_state
from tests.helpers.tolerances import assert_within, assert_within_rms
from tools.model_converters.advent_family import (
    CTRL,
    DADA,
    DEPTH_DISTRIBUTION,
    MULTI_LEVEL,
    SINGLE_LEVEL,
    Release,
    convert_advent,
)


class Kind(NamedTuple):
    head: dict
    release: Release
    names: dict[str, str]
    """Published name of an output -> ours."""
    convert: Callable[[Mapping[str, Tensor]], dict[str, Tensor]]


KINDS = {
    'advent/deeplabv2_multi': Kind(
        dict(type='AdventHead', aux_channels=1024, aux_index=2),
        MULTI_LEVEL,
        dict(main='main', aux='aux'),
        convert_advent,
    ),
    'advent/deeplabv2_single': Kind(dict(type='AdventHead'), SINGLE_LEVEL, dict(main='main'), convert_advent),
    'dada/network': Kind(dict(type='DepthFusionHead'), DADA, dict(seg='main', depth='depth'), DADA.convert),
    'ctrl/network': Kind(
        dict(type='CrossTaskHead'), CTRL, dict(seg='main', depth='depth', srh='refined'), CTRL.convert
    ),
    'depdis/network': Kind(
        dict(type='DensityHead'),
        DEPTH_DISTRIBUTION,
        dict(seg='main', density='density', depth='depth'),
        DEPTH_DISTRIBUTION.convert,
    ),
}
NAMES = [
    (family, name)
    for family, pattern in (
        ('advent', 'deeplabv2*'),
        ('dada', 'network*'),
        ('ctrl', 'network*'),
        ('depdis', 'network*'),
    )
    for name in cases(family, pattern)
]


class Network:
    """A case with its network, loaded strictly through the converter."""

    def __init__(self, family: str, name: str) -> None:
        init_default_scope('mmseg')
        self.case, self.kind = load_case(family, name), KINDS[f'{family}/{name}']
        self.original = original_state(self.case)
        head = dict(self.kind.head, in_index=3, num_classes=int(self.case['param_num_classes']))
        backbone = dict(type='DeepLabResNet', norm_cfg=dict(type='BN', requires_grad=False))
        self.model = MODELS.build(dict(type='EncoderDecoder', backbone=backbone, decode_head=head))
        self.model.load_state_dict(self.kind.convert(self.original), strict=True)

    @torch.no_grad()
    def run(self, mode: str) -> dict[str, Tensor]:
        self.model.train(mode == 'train')
        self.features = self.model.extract_feat(torch.from_numpy(self.case['in_image']))
        return self.model.decode_head(self.features)


@pytest.fixture(scope='module', params=NAMES, ids='-'.join)
def network(request) -> Network:
    return Network(*request.param)


@pytest.mark.parametrize('mode, tolerance', [('eval', 4e-5), ('train', 2e-4)])
def test_outputs_and_statistics(network, mode, tolerance):
    outputs = network.run(mode)
    assert set(outputs) == set(network.kind.names.values())
    for theirs, ours in network.kind.names.items():
        assert_within_rms(outputs[ours], network.case[f'out_{theirs}_{mode}'], tolerance, f'{theirs} {mode}')
    if 'out_aux_eval' in network.case and 'aux' not in outputs:
        check_second_level(network, mode, tolerance)
    if mode == 'train':
        state = {network.kind.release.original_name(name): value for name, value in network.model.state_dict().items()}
        got = [sample(state[str(name)]) for name in network.case['param_running_names']]
        assert_within(got, network.case['out_running_sample'], 1e-6, 1e-5)


def check_second_level(network: Network, mode: str, tolerance: float) -> None:
    """The multi-level variant of DADA: one more classifier on the third stage, which our configs do not have."""
    original = original_state(network.case, 'network_multi_level')
    assert {name for name in original if name not in network.original} == {
        name for name in original if name.startswith('layer5.')
    }
    assert network.kind.convert(original).keys() == network.kind.convert(network.original).keys()
    classifier = DilatedSum(1024, int(network.case['param_num_classes']))
    classifier.load_state_dict(
        {
            name.replace('layer5.conv2d_list', 'branches'): value
            for name, value in original.items()
            if name.startswith('layer5.')
        }
    )
    with torch.no_grad():
        assert_within_rms(classifier(network.features[2]), network.case[f'out_aux_{mode}'], tolerance, f'aux {mode}')


def sample(values: Tensor) -> Tensor:
    """Four entries, as the fixtures take them."""
    return values.detach().flatten()[[k * (values.numel() - 1) // 3 for k in range(4)]].cpu()


def test_unused_layers(network):
    if 'out_unused' in network.case:
        unused = {str(name).split('.')[0] for name in network.case['out_unused']}
        assert unused == set(network.kind.release.unread)


def test_every_trained_parameter_has_a_gradient(network):
    network.model.train()
    outputs = network.model.decode_head(network.model.extract_feat(torch.from_numpy(network.case['in_image'])))
    sum(value.square().mean() for value in outputs.values()).backward()
    assert all(param.grad is not None for param in network.model.parameters() if param.requires_grad)
    network.model.zero_grad(set_to_none=True)
