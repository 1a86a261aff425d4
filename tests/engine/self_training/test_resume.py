"""Rounds of self-training: a run that was killed anywhere and resumed equals one that nothing disturbed."""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config

from mmuda.engine.self_training import SelfTrainingLoop
from mmuda.evaluation import UDAIoUMetric
from mmuda.pseudo_labels import ClassBalancedLabeler, PseudoLabelStore
from tests.helpers.tiny import Killed, add_hook, assert_same, load, make_data, tiny_self_training_config, train

pytestmark = pytest.mark.integration

ROUNDS, LENGTH = 2, 3
STATE = ('state_dict', 'optimizer', 'samples_drawn', 'train_loop')


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def config(data: Path, work_dir: Path, **options: Any) -> Config:
    """Checkpoints after the iterations 2, 3 (a round), 4, 6 and 6 (a round)."""
    cfg = tiny_self_training_config(
        data,
        work_dir,
        **{'default_hooks__checkpoint__interval': 2, 'default_hooks__checkpoint__max_keep_ckpts': -1, **options},
    )
    return add_hook(cfg, type='RecordImages')


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def give_up() -> None:
    raise Killed


def interrupt(owner: type, method: str, call: int, end: Callable) -> None:
    """Let the program end when a method is called for the n-th time."""
    original = getattr(owner, method)
    calls = []

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == call:
            end()
        return original(*args, **kwargs)

    setattr(owner, method, wrapper)


def train_to_the_end(cfg: Config, *interruption: Any) -> None:
    interrupt(*interruption)
    train(cfg)


def run_and_kill(cfg: Config, *interruption: Any) -> int:
    """Exit code of a run in a process of its own."""
    process = multiprocessing.get_context('fork').Process(target=train_to_the_end, args=(cfg, *interruption))
    process.start()
    process.join()
    return process.exitcode


def images(work_dir: Path) -> dict[int, str]:
    """What each iteration saw; those made again must have seen the same."""
    seen: dict[int, str] = {}
    for line in (work_dir / 'images.txt').read_text().splitlines():
        iteration, crops = line.split(maxsplit=1)
        assert seen.setdefault(int(iteration), crops) == crops, f'iteration {iteration}'
    return seen


def rewind(work_dir: Path, name: str) -> None:
    """Let the run be resumed from an earlier checkpoint."""
    (work_dir / 'last_checkpoint').write_text(str(work_dir / name))


def round_files(work_dir: Path) -> dict[str, bytes]:
    paths = [path for folder in work_dir.glob('round_*') for path in folder.rglob('*') if path.is_file()]
    return {str(path.relative_to(work_dir)): path.read_bytes() for path in paths}


@pytest.fixture(scope='module')
def whole(data, tmp_path_factory) -> Path:
    """The work dir of a run that nothing disturbed."""
    work_dir = tmp_path_factory.mktemp('whole')
    train(config(data, work_dir))
    return work_dir


KILLS = {
    'in the first pass': (ClassBalancedLabeler, 'observe', 2),
    'in the second pass of round 1': (ClassBalancedLabeler, 'observe', 14),
    'between two label files': (PseudoLabelStore, 'write', 3),
    'between two label files of round 1': (PseudoLabelStore, 'write', 7),
    'before the labels are complete': (PseudoLabelStore, 'finish', 2),
    'before the first iteration': (SelfTrainingLoop, 'next_batch', 1),
    'before the first iteration of round 1': (SelfTrainingLoop, 'next_batch', LENGTH + 1),
    'in training, nothing is lost': (SelfTrainingLoop, 'next_batch', 3),
    'in training of round 1': (SelfTrainingLoop, 'next_batch', 6),
    'before the checkpoint of the round': (SelfTrainingLoop, '_save', 1),
    'before the checkpoint of round 1, beside another': (SelfTrainingLoop, '_save', 2),
    'while evaluating': (UDAIoUMetric, 'process', 2),
    'before the evaluation is written': (SelfTrainingLoop, '_keep_summary', 2),
}


@pytest.mark.parametrize('kill', KILLS)
def test_killed_and_resumed_run_equals_an_undisturbed_one(data, whole, tmp_path, kill):
    assert run_and_kill(config(data, tmp_path), *KILLS[kill], die) == -signal.SIGKILL
    train(config(data, tmp_path, resume=True))
    assert_equal_runs(tmp_path, whole)


@pytest.mark.parametrize('kill', ['in the first pass', 'in training of round 1'])
def test_run_that_ended_with_an_error_can_be_resumed(data, whole, tmp_path, kill):
    assert run_and_kill(config(data, tmp_path), *KILLS[kill], give_up) == 1
    train(config(data, tmp_path, resume=True))
    assert_equal_runs(tmp_path, whole)


@pytest.fixture
def copy(whole, tmp_path) -> Path:
    """A copy of the whole run."""
    shutil.copytree(whole, tmp_path / 'copy')
    rewind(tmp_path / 'copy', 'round_1.pth')
    return tmp_path / 'copy'


def test_finished_run_that_is_resumed_changes_nothing(data, whole, copy, monkeypatch):
    monkeypatch.setattr(SelfTrainingLoop, 'next_batch', lambda _: pytest.fail('trained again'))
    monkeypatch.setattr(UDAIoUMetric, 'process', lambda *_: pytest.fail('evaluated again'))
    train(config(data, copy, resume=True))
    assert_equal_runs(copy, whole)


def test_rounds_beyond_the_checkpoint_are_made_again(data, whole, copy):
    """What lies there need not be of the same weights, for instance on a GPU."""
    rewind(copy, 'round_0.pth')
    for index in range(ROUNDS):
        path = copy / f'round_{index}' / 'round.json'
        path.write_text(path.read_text().replace('"mIoU": ', '"mIoU": 1').replace('"weights": "', '"weights": "0'))
    manifest = copy / 'round_1' / 'pseudo_labels' / 'manifest.json'
    manifest.write_text(manifest.read_text().replace('"weights": "', '"weights": "0'))
    next(manifest.parent.rglob('*_leftImg8bit.png')).write_bytes(b'of other weights')
    train(config(data, copy, resume=True))
    assert_equal_runs(copy, whole)


def test_checkpoint_beside_the_one_of_the_round_does_no_harm(data, whole, copy):
    rewind(copy, 'iter_6.pth')
    (copy / 'round_1.pth').unlink()
    train(config(data, copy, resume=True))
    assert_equal_runs(copy, whole)
    assert Path((copy / 'last_checkpoint').read_text()).name == 'round_1.pth'


def test_labels_of_the_round_must_be_there(data, copy):
    rewind(copy, 'iter_4.pth')
    next((copy / 'round_1' / 'pseudo_labels' / 'confidence').rglob('*.png')).unlink()
    with pytest.raises(FileNotFoundError, match=r'cannot resume: .* are not \(all\) in .*round_1/pseudo_labels'):
        train(config(data, copy, resume=True))


def test_labels_of_the_round_must_be_those_it_was_trained_on(data, copy):
    rewind(copy, 'iter_4.pth')
    with pytest.raises(ValueError, match="cannot resume: .* trained on: labeler.policy is 'class', expected 'global'"):
        train(config(data, copy, resume=True, train_cfg__labels__labeler__policy='global'))


@pytest.mark.parametrize('content', [b'', b'{"index": 1, ', b'[]', b'\xff\xfe'])
def test_damaged_summary_is_named_and_made_again_when_it_is_deleted(data, whole, copy, content):
    path = copy / 'round_1' / 'round.json'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r'round_1/round\.json is damaged .*delete it and start again with --resume'):
        train(config(data, copy, resume=True))
    path.unlink()
    train(config(data, copy, resume=True))
    assert_equal_runs(copy, whole)


def test_moved_run_with_a_spatial_prior_is_resumed(data, tmp_path):
    """What the prior is says its content, not where it lies."""
    options = dict(train_cfg__labels__spatial_prior=dict(sigma=2.0, kernel=5))
    with pytest.raises(Killed):
        train(add_hook(config(data, tmp_path / 'run', **options), type='KillAt', iteration=2))
    moved = (tmp_path / 'run').rename(tmp_path / 'moved')
    train(config(data, moved, resume=True, **options))
    assert (moved / 'round_1.pth').is_file()


def test_other_plan_is_refused(data, copy):
    with pytest.raises(ValueError, match=r"cannot resume: round 0 of this run was .*'end': 3.* but is .*'end': 4"):
        train(config(data, copy, resume=True, train_cfg__iterations=4))


def test_more_rounds_can_be_added(data, whole, copy):
    runner = train(config(data, copy, resume=True, train_cfg__num_rounds=3))
    assert runner.iter == 3 * LENGTH
    assert (copy / 'round_2.pth').is_file()
    for name, content in round_files(whole).items():
        assert (copy / name).read_bytes() == content, name


def test_checkpoint_of_another_loop_is_refused(data, copy):
    change_checkpoint(copy / 'round_1.pth', train_loop={})
    with pytest.raises(ValueError, match='is not of rounds of self-training.*load_from=CHECKPOINT without --resume'):
        train(config(data, copy, resume=True))


def test_checkpoint_of_an_older_version_is_refused(data, copy):
    state = load(copy / 'round_1.pth')['train_loop']
    for summary in state['summaries']:
        del summary['mined_classes']
    change_checkpoint(copy / 'round_1.pth', train_loop=state)
    with pytest.raises(ValueError, match='rounds of the checkpoint are of an older version.*load_from=CHECKPOINT'):
        train(config(data, copy, resume=True))


def test_checkpoint_that_does_not_know_its_rounds_is_refused(data, copy):
    change_checkpoint(copy / 'round_1.pth', train_loop=dict(summaries=[], round_samples=0))
    with pytest.raises(ValueError, match='does not say what its rounds were, as it was saved without ResumeStateHook'):
        train(config(data, copy, resume=True))


def change_checkpoint(path: Path, **entries: Any) -> None:
    torch.save({**load(path), **entries}, path)


def test_rounds_of_another_run_are_refused_at_the_start(data, copy, monkeypatch):
    monkeypatch.setattr(SelfTrainingLoop, 'next_batch', lambda _: pytest.fail('trained'))
    with pytest.raises(ValueError, match=r'has rounds of another run: .*round_1\. Continue that run with --resume'):
        train(config(data, copy))


def test_labels_of_another_start_are_refused(data, copy):
    shutil.rmtree(copy / 'round_1')
    with pytest.raises(ValueError, match=r'round_0/pseudo_labels holds other pseudo labels: weights is'):
        train(config(data, copy, load_from=str(copy / 'round_1.pth')))


def assert_equal_runs(got: Path, want: Path) -> None:
    for name in ('iter_2', 'round_0', 'iter_4', 'iter_6', 'round_1'):
        checkpoints = [load(folder / f'{name}.pth') for folder in (got, want)]
        for key in STATE:
            assert_same(checkpoints[0][key], checkpoints[1][key], f'{name}.{key}')
    assert images(got) == images(want)
    files = [round_files(folder) for folder in (got, want)]
    assert sorted(files[0]) == sorted(files[1])
    for name in files[1]:
        assert files[0][name] == files[1][name], name
