"""The converters of ADVENT, DADA, CTRL and Depth Distribution (their numbers are checked in tests/parity)."""

import importlib
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.helpers.golden import cases, listed_shapes
from tests.helpers.tiny import REPO, load, run_tool

family = importlib.import_module('tools.model_converters.advent_family')
LISTS = [
    ('advent', 'deeplabv2_multi', 'advent', family.convert_advent),
    ('advent', 'deeplabv2_single', 'advent', family.convert_advent),
    ('dada', 'network', 'dada', family.DADA.convert),
    ('dada', 'network_multi_level', 'dada', family.DADA.convert),
    ('ctrl', 'network', 'ctrl', family.CTRL.convert),
    ('depdis', 'network', 'depth_distribution', family.DEPTH_DISTRIBUTION.convert),
]
UNREAD = ('layer5', 'enc4_4', 'dec4')
each_list = pytest.mark.parametrize('owner, network, tool, convert', LISTS, ids=[row[0] + row[1] for row in LISTS])


def original(owner: str, network: str) -> dict[str, Tensor]:
    """The listed entries, each with a value of its own; they take no memory."""
    return {
        name: torch.tensor(float(k)).expand(shape)
        for k, (name, shape) in enumerate(listed_shapes(owner, network).items())
    }


def test_every_list_of_a_network_is_here():
    names = {(owner, name) for owner, name, _, _ in LISTS}
    assert {('advent', name) for name in cases('advent', 'deeplabv2*')} <= names
    assert {(owner, name) for owner in ('dada', 'ctrl', 'depdis') for name in cases(owner, 'network*')} <= names


@each_list
def test_every_entry_has_another_place_in_ours(owner, network, tool, convert):
    state = original(owner, network)
    converted = convert(state)
    values = {float(value.flatten()[0]) for value in converted.values()}
    assert len(values) == len(converted)
    left = {name.split('.')[0] for name, value in state.items() if float(value.flatten()[0]) not in values}
    assert left <= set(UNREAD)
    assert all(name.startswith(('backbone.', 'decode_head.')) for name in converted)


@each_list
def test_entries_of_a_data_parallel_model_lose_their_prefix(owner, network, tool, convert):
    state = original(owner, network)
    assert convert({f'module.{name}': value for name, value in state.items()}) == convert(state)


@each_list
def test_a_missing_and_another_entry_are_named(owner, network, tool, convert):
    state = original(owner, network)
    name = next(name for name in state if name.endswith('layer4.2.conv3.weight'))
    del state[name]
    with pytest.raises(ValueError, match=f'unknown entries: layer9.weight; missing entries: {name}$'):
        convert({**state, 'layer9.weight': torch.zeros(())})


def test_the_number_of_classes_is_that_of_the_file():
    head = family.convert_advent(original('advent', 'deeplabv2_multi'))
    assert head['decode_head.aux_classifier.branches.3.bias'].shape == (19,)


@pytest.mark.parametrize('tool', sorted({row[2] for row in LISTS}))
def test_command_line(tool, tmp_path):
    owner, network = next(row[:2] for row in LISTS if row[2] == tool)
    torch.save(original(owner, network), tmp_path / 'published.pth')
    script = REPO / 'tools' / 'model_converters' / f'{tool}.py'
    result = run_tool(sys.executable, script, 'published.pth', 'ours.pth', cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert Path(result.stdout.strip()).name == 'ours.pth'
    assert 'decode_head.classifier.branches.0.weight' in load(tmp_path / 'ours.pth')['state_dict']
