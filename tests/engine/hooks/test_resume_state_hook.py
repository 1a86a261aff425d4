"""What of a checkpoint a new run takes, and what only a resumed one."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmengine.runner import checkpoint as mmengine_checkpoint

from tests.helpers.tiny import REPO, load, make_data, shrink_data, tiny_config, train

ABSENCE = 'objectives.0.class_weights.absence'


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def checkpoint(data, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('run')
    train(tiny_config(data, folder, 'source_only'))
    return folder / 'iter_2.pth'


def loaded(data, checkpoint, tmp_path, resume: bool) -> Runner:
    runner = Runner.from_cfg(tiny_config(data, tmp_path, 'source_only', load_from=str(checkpoint), resume=resume))
    runner._train_loop = runner.build_train_loop(runner._train_loop)
    runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    runner.param_schedulers = []
    runner.load_or_resume()
    return runner


def test_resuming_keeps_the_state_of_objectives(data, checkpoint, tmp_path):
    runner = loaded(data, checkpoint, tmp_path, resume=True)
    want = load(checkpoint)['state_dict'][ABSENCE]
    assert want.max() > 1
    assert torch.equal(runner.model.state_dict()[ABSENCE], want)
    assert runner.train_loop.samples_at(3) == 6


@pytest.fixture
def complaints(monkeypatch) -> list[str]:
    """What mmengine says of weights that do not match."""
    said = []
    monkeypatch.setattr(mmengine_checkpoint, 'print_log', lambda text, *args, **kwargs: said.append(text))
    return said


def mismatches(complaints: list[str]) -> list[str]:
    return [text for text in complaints if 'do not match' in text or 'missing keys' in text]


def plain(checkpoint: Path, tmp_path: Path) -> Path:
    """The student's weights, as of a plain segmentor."""
    weights = {
        name.removeprefix('student.'): value
        for name, value in load(checkpoint)['state_dict'].items()
        if name.startswith('student.')
    }
    torch.save(dict(state_dict=weights, meta={}), tmp_path / 'plain.pth')
    return tmp_path / 'plain.pth'


@pytest.mark.parametrize('start', [lambda path, _: path, plain], ids=['own', 'plain'])
def test_nothing_is_said_to_be_missing_in_a_whole_checkpoint(data, checkpoint, tmp_path, complaints, start):
    runner = loaded(data, start(checkpoint, tmp_path), tmp_path, resume=False)
    assert mismatches(complaints) == []
    assert torch.equal(runner.model.state_dict()[ABSENCE], torch.ones(19))


@pytest.mark.parametrize('tta', [False, True])
def test_nothing_is_said_to_be_missing_when_an_own_checkpoint_is_tested(data, checkpoint, tmp_path, complaints, tta):
    cfg = tiny_config(data, tmp_path, 'source_only', load_from=str(checkpoint))
    full = Config.fromfile(REPO / 'configs/toy/source_only.py')
    shrink_data(full, data)
    cfg.update({key: full[key] for key in ('test_dataloader', 'test_cfg', 'test_evaluator')})
    if tta:
        cfg.model = dict(cfg.tta_model, module=cfg.model)
    runner = Runner.from_cfg(cfg)
    runner.call_hook('before_run')
    runner.load_or_resume()
    assert mismatches(complaints) == []


def test_what_is_really_missing_is_said(data, checkpoint, tmp_path, complaints):
    saved = load(checkpoint)
    name = next(name for name in saved['state_dict'] if name.endswith('conv_seg.weight') or name.endswith('weight'))
    del saved['state_dict'][name]
    torch.save(saved, tmp_path / 'lacking.pth')
    cfg = tiny_config(
        data, tmp_path, 'source_only', load_from=str(tmp_path / 'lacking.pth'), model__allow_partial_checkpoint=True
    )
    train(cfg)
    assert any(f'missing keys in source state_dict: {name}' in text for text in complaints)


def test_state_of_objectives_that_a_resumed_run_lacks_is_said(data, checkpoint, tmp_path, complaints):
    saved = load(checkpoint)
    del saved['state_dict'][ABSENCE]
    torch.save(saved, tmp_path / 'lacking.pth')
    loaded(data, tmp_path / 'lacking.pth', tmp_path, resume=True)
    assert any(f'missing keys in source state_dict: {ABSENCE}' in text for text in complaints)


def test_loading_takes_the_student_and_starts_objectives_anew(data, checkpoint, tmp_path):
    runner = loaded(data, checkpoint, tmp_path, resume=False)
    want = load(checkpoint)['state_dict']
    got = runner.model.state_dict()
    assert torch.equal(got[ABSENCE], torch.ones(19))
    assert all(torch.equal(got[name], value) for name, value in want.items() if name.startswith('student.'))
    assert runner.train_loop.samples_at(1) == 2


@pytest.fixture
def stopped(data, tmp_path) -> Path:
    """The work dir of a run of two iterations."""
    train(tiny_config(data, tmp_path / 'stopped', 'source_only'))
    return tmp_path / 'stopped'


def resumed(data: Path, work_dir: Path, **options) -> Runner:
    return train(tiny_config(data, work_dir, 'source_only', resume=True, train_cfg__max_iters=3, **options))


def samples_drawn(work_dir: Path) -> int:
    return load(work_dir / 'iter_3.pth')['samples_drawn']


def test_own_checkpoint_is_resumed_from_and_not_the_one_the_run_started_from(data, stopped, tmp_path):
    start = load(stopped / 'iter_2.pth')
    start['meta']['iter'] = 1
    torch.save(start, tmp_path / 'start.pth')
    resumed(data, stopped, load_from=str(tmp_path / 'start.pth'))
    assert samples_drawn(stopped) == 6  # a resumed start would have drawn 4 before its second iteration


def test_older_checkpoint_of_the_run_can_be_resumed_from(data, stopped):
    older = load(stopped / 'iter_2.pth')
    older['meta']['iter'], older['samples_drawn'] = 1, 100
    torch.save(older, stopped / 'iter_1.pth')
    resumed(data, stopped, load_from=str(stopped / 'iter_1.pth'))
    assert samples_drawn(stopped) == 104


def test_moved_work_dir_is_resumed(data, stopped, tmp_path):
    moved = stopped.rename(tmp_path / 'moved')
    resumed(data, moved)
    assert samples_drawn(moved) == 6


def test_another_train_loop_is_refused(data, tmp_path):
    cfg = tiny_config(data, tmp_path, 'source_only', train_cfg__type='IterBasedTrainLoop')
    with pytest.raises(TypeError, match='needs train_cfg=dict.type="UDATrainLoop".*got IterBasedTrainLoop'):
        train(cfg)
