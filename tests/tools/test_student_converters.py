"""The converters of DRN and of the distilled student (their numbers are checked in tests/parity)."""

import importlib
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from mmuda.compat import UnsafeCheckpointError
from mmuda.models.backbones import DRN
from tests.helpers.tiny import REPO, run_tool
from tools.model_converters.common import convert_file

drn = importlib.import_module('tools.model_converters.drn')
student = importlib.import_module('tools.model_converters.ensemble_student')


def small(shapes: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of these shapes that take no memory, each with a value of its own."""
    return {name: torch.tensor(float(k)).expand(value.shape) for k, (name, value) in enumerate(shapes.items())}


def drn_original(depth: int = 54) -> dict[str, Tensor]:
    with torch.device('meta'):
        state = DRN(depth=depth).state_dict()
    return small({**state, 'fc.weight': torch.empty(1000, 512, 1, 1), 'fc.bias': torch.empty(1000)})


def student_original(num_classes: int = 19, name: str = 'deeplabv3plus_drn54') -> dict[str, Tensor]:
    ours = student.network(num_classes, name)
    return small({old: ours[new] for old, new in student.name_table(name).items()})


ORIGINALS = [(drn, drn_original, 'layer8.0.weight'), (student, student_original, 'aspp.conv1.weight')]
both = pytest.mark.parametrize('converter, original, entry', ORIGINALS, ids=['drn', 'student'])


@pytest.mark.parametrize('depth', [22, 38, 54])
def test_drn_of_every_depth_loses_its_classifier(depth):
    original = drn_original(depth)
    assert drn.convert(original) == {name: value for name, value in original.items() if not name.startswith('fc.')}


@pytest.mark.parametrize('name', student.STUDENTS)
@pytest.mark.parametrize('num_classes', [16, 19])
def test_every_entry_of_a_student_has_another_place_in_ours(name, num_classes):
    converted = student.convert(student_original(num_classes, name))
    assert {name: value.shape for name, value in converted.items()} == {
        name: value.shape for name, value in student.network(num_classes, name).items()
    }
    assert len({float(value.flatten()[0]) for value in converted.values()}) == len(converted)


@pytest.mark.parametrize(
    'original, ours',
    [
        ('features.0.0.weight', 'conv1.conv.weight'),
        ('features.1.conv.0.weight', 'layer1.0.conv.0.conv.weight'),  # the first block does not widen
        ('features.1.conv.4.bias', 'layer1.0.conv.1.bn.bias'),
        ('features.2.conv.0.weight', 'layer2.0.conv.0.conv.weight'),
        ('features.3.conv.4.running_mean', 'layer2.1.conv.1.bn.running_mean'),
        ('features.14.conv.3.weight', 'layer6.0.conv.1.conv.weight'),
        ('features.17.conv.7.weight', 'layer7.0.conv.2.bn.weight'),
    ],
)
def test_blocks_of_mobilenet_are_counted_through(original, ours):
    table = student.name_table('deeplabv2_mobilenetv2')
    assert table[f'backbone.{original}'] == f'backbone.{ours}'


def in_parts(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """MobileNetV2 as the original stores it: whole, and cut after the fourth entry."""
    parts = {}
    for name, value in state.items():
        if name.startswith('backbone.features.'):
            part = 'low' if int(name.split('.')[2]) < 4 else 'high'
            parts[name.replace('features', f'{part}_level_features')] = value
    return {**state, **parts}


def test_copies_of_mobilenet_are_left_out():
    whole = student_original(name='deeplabv3plus_mobilenetv2')
    assert student.convert(in_parts(whole)) == student.convert(whole)


def test_a_copy_that_differs_is_named():
    state = in_parts(student_original(name='deeplabv3plus_mobilenetv2'))
    name = 'backbone.high_level_features.17.conv.6.weight'
    state[name] = state[name] + 1
    with pytest.raises(ValueError, match=f'{name} differs from its copy backbone.features.17.conv.6.weight'):
        student.convert(state)


def test_the_branches_may_lie_under_any_name():
    state = student_original(name='deeplabv2_r101_os16')
    renamed = {name.replace('layer5.', 'decoder.classifier.'): value for name, value in state.items()}
    assert renamed.keys() != state.keys()
    assert student.convert(renamed) == student.convert(state)


@both
def test_entries_of_a_data_parallel_model_lose_their_prefix(converter, original, entry):
    state = original()
    assert converter.convert({f'module.{name}': value for name, value in state.items()}) == converter.convert(state)


@both
def test_checkpoints_without_batch_counters_are_accepted(converter, original, entry):
    state = {name: value for name, value in original().items() if not name.endswith('num_batches_tracked')}
    assert not any(name.endswith('num_batches_tracked') for name in converter.convert(state))


@both
def test_a_missing_entry_is_named(converter, original, entry):
    state = original()
    del state[entry]
    with pytest.raises(ValueError, match=f'unknown entries: none; missing entries: {entry}$'):
        converter.convert(state)


@both
def test_an_unknown_entry_is_named(converter, original, entry):
    with pytest.raises(ValueError, match='unknown entries: layer9.weight; missing entries: none'):
        converter.convert({**original(), 'layer9.weight': torch.zeros(())})


@both
def test_another_shape_is_named(converter, original, entry):
    with pytest.raises(ValueError, match=rf'{entry} has shape \(7,\), expected \('):
        converter.convert({**original(), entry: torch.zeros(7)})


def test_a_student_without_classifier_is_refused():
    state = student_original()
    del state[student.CLASSIFIER]
    with pytest.raises(ValueError, match=f'missing entries: {student.CLASSIFIER}'):
        student.convert(state)


@both
@pytest.mark.parametrize('wrapped', [False, True])
def test_files_are_converted(converter, original, entry, wrapped, tmp_path):
    torch.save(dict(state_dict=original()) if wrapped else original(), tmp_path / 'released.pth')
    ours = convert_file(tmp_path / 'released.pth', tmp_path / 'new' / 'ours.pth', converter.convert)
    state = torch.load(ours, weights_only=True)['state_dict']
    assert {name: float(value.flatten()[0]) for name, value in state.items()} == {
        name: float(value.flatten()[0]) for name, value in converter.convert(original()).items()
    }


@both
def test_a_file_of_another_network_is_refused_and_nothing_is_written(converter, original, entry, tmp_path):
    torch.save({'head.weight': torch.zeros(2)}, tmp_path / 'other.pth')
    with pytest.raises(ValueError, match='other.pth: this is no checkpoint of .* unknown entries: head.weight'):
        convert_file(tmp_path / 'other.pth', tmp_path / 'ours.pth', converter.convert)
    assert [path.name for path in tmp_path.iterdir()] == ['other.pth']


@pytest.mark.parametrize('content', [[torch.zeros(2)], dict(state_dict=dict(epoch=3)), dict(epoch=3)])
def test_a_file_without_a_state_dict_is_refused(content, tmp_path):
    torch.save(content, tmp_path / 'other.pth')
    with pytest.raises(ValueError, match='other.pth: expected a state dict or a dict with the key "state_dict"'):
        convert_file(tmp_path / 'other.pth', tmp_path / 'ours.pth', student.convert)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='there is no checkpoint .*nothing.pth'):
        convert_file(tmp_path / 'nothing.pth', tmp_path / 'ours.pth', student.convert)


class Payload:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def test_a_checkpoint_that_carries_code_is_refused_and_not_executed(tmp_path):
    torch.save({'state_dict': Payload(tmp_path / 'executed')}, tmp_path / 'evil.pth')
    with pytest.raises(UnsafeCheckpointError):
        convert_file(tmp_path / 'evil.pth', tmp_path / 'ours.pth', student.convert)
    assert not (tmp_path / 'executed').exists()


def test_the_command_line_says_what_is_wrong(tmp_path):
    torch.save({'head.weight': torch.zeros(2)}, tmp_path / 'other.pth')
    tool = REPO / 'tools' / 'model_converters' / 'ensemble_student.py'
    result = run_tool(sys.executable, tool, 'other.pth', 'ours.pth', cwd=tmp_path, PYTHONPATH='')
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith('ensemble_student: other.pth: this is no checkpoint of')
