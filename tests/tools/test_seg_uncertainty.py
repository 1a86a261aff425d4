import importlib.util
from pathlib import Path

import pytest
import torch

from mmuda.compat import UnsafeCheckpointError

FILE = Path(__file__).resolve().parents[2] / 'tools' / 'model_converters' / 'seg_uncertainty.py'
spec = importlib.util.spec_from_file_location('seg_uncertainty', FILE)
converter = importlib.util.module_from_spec(spec)
spec.loader.exec_module(converter)


def original(use_se: bool = True, batch_norm: bool = False) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(float(k)) for k, name in enumerate(converter.name_table(use_se, batch_norm))}


@pytest.mark.parametrize('use_se', [True, False])
@pytest.mark.parametrize('batch_norm', [True, False])
def test_reverse_is_the_inverse(use_se, batch_norm):
    state = original(use_se, batch_norm)
    assert converter.convert(converter.convert(state), reverse=True) == state


def test_entries_of_a_data_parallel_model_lose_their_prefix():
    state = original()
    assert converter.convert({f'module.{name}': value for name, value in state.items()}) == converter.convert(state)


def test_checkpoints_without_batch_counters_are_accepted():
    state = {name: value for name, value in original().items() if not name.endswith('num_batches_tracked')}
    assert len(converter.convert(state)) == len(state)


def test_the_initialization_becomes_a_backbone_without_classifiers():
    names = list(converter.backbone_names())
    state = {f'Scale.{name}': torch.zeros(()) for name in [*names, 'layer5.conv2d_list.0.weight', 'fc.weight']}
    assert list(converter.convert(state)) == names


def test_reverse_takes_a_plain_student_and_leaves_the_rest_of_the_training_out():
    ours = converter.convert(original())
    plain = {name.removeprefix('student.'): value for name, value in ours.items()}
    with_objectives = {**ours, 'objectives.0.weights.ema': torch.ones(19)}
    assert converter.convert(plain, reverse=True) == converter.convert(with_objectives, reverse=True) == original()


@pytest.mark.parametrize('reverse', [False, True])
def test_a_missing_entry_is_named(reverse):
    state = converter.convert(original()) if reverse else original()
    name = list(state)[-1]
    del state[name]
    with pytest.raises(ValueError, match=f'missing entries: {name}'):
        converter.convert(state, reverse)


def test_an_unknown_entry_is_named():
    with pytest.raises(ValueError, match='unknown entries: layer7.weight'):
        converter.convert({**original(), 'layer7.weight': torch.zeros(())})


def test_files_are_converted_there_and_back(tmp_path):
    torch.save(original(), tmp_path / 'released.pth')
    ours = converter.convert_file(tmp_path / 'released.pth', tmp_path / 'new' / 'ours.pth')
    assert set(torch.load(ours, weights_only=True)['state_dict']) == set(converter.convert(original()))
    back = converter.convert_file(ours, tmp_path / 'back.pth', reverse=True)
    assert torch.load(back, weights_only=True) == original()


def test_a_file_of_another_network_is_refused_and_nothing_is_written(tmp_path):
    torch.save({'fc.weight': torch.zeros(2)}, tmp_path / 'other.pth')
    with pytest.raises(ValueError, match='other.pth.*unknown entries: fc.weight'):
        converter.convert_file(tmp_path / 'other.pth', tmp_path / 'ours.pth')
    assert [path.name for path in tmp_path.iterdir()] == ['other.pth']


class Payload:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def test_a_checkpoint_that_carries_code_is_refused_and_not_executed(tmp_path):
    torch.save({'state_dict': Payload(tmp_path / 'executed')}, tmp_path / 'evil.pth')
    with pytest.raises(UnsafeCheckpointError):
        converter.convert_file(tmp_path / 'evil.pth', tmp_path / 'ours.pth')
    assert not (tmp_path / 'executed').exists()
