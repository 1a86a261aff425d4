"""Rounds of self-training: a run that was killed anywhere and resumed equals one that nothing disturbed."""
import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from mmuda.engine.runner import SelfTrainingLoop
from mmuda.evaluation import UDAIoUMetric
from mmuda.pseudo_labels import ClassBalancedLabeler, PseudoLabelStore
from tests.tiny import Killed, add_hook, assert_same, load, make_data, tiny_self_training_config, train

ROUNDS, LENGTH = 2, 3
STATE = ('state_dict', 'optimizer', 'samples_drawn', 'train_loop')


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def config(data: Path, work_dir: Path, **options: Any) -> Config:
    """Checkpoints after the iterations 2, 3 (a round), 4, 6 and 6 (a round)."""
    cfg = tiny_self_training_config(data, work_dir, **{'default_hooks__checkpoint__interval': 2,
                                                       'default_hooks__checkpoint__max_keep_ckpts': -1, **options})
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


def round_files(work_dir: Path) -> dict[str, bytes]:
    paths = [path for folder in work_dir.glob('round_*') for path in folder.rglob('*') if path.is_file()]
    return {str(path.relative_to(work_dir)): path.read_bytes() for path in paths}


def summary(work_dir: Path, index: int) -> dict[str, Any]:
    return json.loads((work_dir / f'round_{index}' / 'round.json').read_text())


@pytest.fixture(scope='module')
def whole(data, tmp_path_factory) -> Path:
    """The work dir of a run that nothing disturbed."""
    work_dir = tmp_path_factory.mktemp('whole')
    train(config(data, work_dir))
    return work_dir


KILLS = {
    'in the first pass': (ClassBalancedLabeler, 'observe', 2),
    'in the second pass of round 1': (ClassBalancedLabeler, 'observe', 14),
    'before the thresholds are written': (PseudoLabelStore, 'write_summary', 1),
    'between two label files': (PseudoLabelStore, 'write', 3),
    'between two label files of round 1': (PseudoLabelStore, 'write', 7),
    'before the labels are counted': (PseudoLabelStore, 'write_summary', 2),
    'before the labels are complete': (PseudoLabelStore, 'finish', 2),
    'before the first iteration': (SelfTrainingLoop, 'next_batch', 1),
    'before the first iteration of round 1': (SelfTrainingLoop, 'next_batch', LENGTH + 1),
    'in training, one iteration is lost': (SelfTrainingLoop, 'next_batch', 2),
    'in training, nothing is lost': (SelfTrainingLoop, 'next_batch', 3),
    'in training of round 1': (SelfTrainingLoop, 'next_batch', 6),
    'before the checkpoint of the round': (SelfTrainingLoop, '_save', 1),
    'before the checkpoint of round 1, beside another': (SelfTrainingLoop, '_save', 2),
    'while evaluating': (UDAIoUMetric, 'process', 2),
    'while evaluating round 1': (UDAIoUMetric, 'process', 3),
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
