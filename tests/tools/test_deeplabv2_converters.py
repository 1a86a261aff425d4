"""The converters of DACS and CRST (their numbers are checked in tests/parity)."""

import importlib
import runpy
import sys
from pathlib import Path

import pytest
import torch

deeplabv2 = importlib.import_module('tools.model_converters.deeplabv2')
TOOLS = Path(deeplabv2.__file__).parent


def original(num_classes: int = 19) -> dict[str, torch.Tensor]:
    """A state dict under the published names, the shapes of which need no memory."""
    return {
        deeplabv2.original_name(name): torch.zeros((), dtype=value.dtype).expand(value.shape)
        for name, value in deeplabv2.network(num_classes).items()
    }


def test_the_number_of_classes_is_that_of_the_file():
    assert deeplabv2.convert(original(16))['decode_head.branches.3.bias'].shape == (16,)


def test_entries_of_a_data_parallel_model_lose_their_prefix():
    state = {f'module.{name}': value for name, value in original().items()}
    assert list(deeplabv2.convert(state)) == list(deeplabv2.network())


def test_checkpoints_without_batch_counters_are_accepted():
    state = {name: value for name, value in original().items() if not name.endswith('num_batches_tracked')}
    assert len(deeplabv2.convert(state)) == len(state)


@pytest.mark.parametrize('name', ['layer4.2.bn3.running_var', 'layer5.conv2d_list.3.bias'])
def test_a_missing_entry_is_named(name):
    state = original()
    del state[name]
    with pytest.raises(ValueError, match=f'unknown entries: none; missing entries: {name}'):
        deeplabv2.convert(state)


def test_an_unknown_entry_is_named():
    with pytest.raises(ValueError, match='unknown entries: layer6.weight'):
        deeplabv2.convert({**original(), 'layer6.weight': torch.zeros(())})


def test_another_shape_is_named():
    with pytest.raises(ValueError, match=r'layer5.conv2d_list.1.bias has shape \(7,\), expected \(19,\)'):
        deeplabv2.convert({**original(), 'layer5.conv2d_list.1.bias': torch.zeros(7)})


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run one of the converters from ``released.pth`` to ``ours.pth``."""

    def run(tool: str) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, 'argv', [f'{tool}.py', 'released.pth', 'ours.pth'])
        runpy.run_path(str(TOOLS / f'{tool}.py'), run_name='__main__')

    return run


@pytest.mark.parametrize(
    'tool, wrap',
    [
        ('crst', lambda state: state),
        ('dacs', lambda state: state),
        ('dacs', lambda state: dict(iteration=1, config={}, model=state, ema_model={})),
    ],
    ids=['crst', 'dacs', 'dacs_with_teacher'],
)
def test_files_are_converted(tmp_path, command, tool, wrap):
    torch.save(wrap(original()), tmp_path / 'released.pth')
    command(tool)
    ours = torch.load(tmp_path / 'ours.pth', weights_only=True)['state_dict']
    assert list(ours) == list(deeplabv2.network())


@pytest.mark.parametrize('tool', ['dacs', 'crst'])
def test_a_file_of_another_network_is_refused_and_nothing_is_written(tmp_path, command, tool):
    torch.save({'fc.weight': torch.zeros(2)}, tmp_path / 'released.pth')
    with pytest.raises(SystemExit, match=f'{tool}: released.pth.*unknown entries: fc.weight; missing entries: conv1'):
        command(tool)
    assert [path.name for path in tmp_path.iterdir()] == ['released.pth']
