"""A run always has a whole checkpoint, wherever it is killed."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.config import Config
from mmengine.fileio import LocalBackend
from mmengine.logging import MessageHub, MMLogger
from mmengine.runner import Runner

from mmuda.engine.hooks import SafeCheckpointHook, safe_checkpoint_hook
from tests.helpers.tiny import assert_same, load, make_data, tiny_config, train

pytestmark = pytest.mark.integration

STATE = ('state_dict', 'optimizer', 'samples_drawn')


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def config(data: Path, work_dir: Path, keep: int = 1, **options) -> Config:
    return tiny_config(
        data,
        work_dir,
        'source_only',
        train_cfg__max_iters=4,
        default_hooks__checkpoint__interval=1,
        default_hooks__checkpoint__max_keep_ckpts=keep,
        **options,
    )


def left(work_dir: Path) -> list[str]:
    """Checkpoints and unfinished ones."""
    return sorted(path.name for path in work_dir.iterdir() if '.pth' in path.name or path.suffix == '.tmp')


@pytest.fixture(scope='module')
def whole(data, tmp_path_factory) -> Path:
    work_dir = tmp_path_factory.mktemp('whole')
    train(config(data, work_dir))
    return work_dir


def kill_at(owner: object, name: str, call: int) -> Callable[[], None]:
    """Patch a function so that its n-th call is the end of the process."""

    def patch() -> None:
        original, calls = getattr(owner, name), []

        def wrapper(*args, **kwargs):
            calls.append(1)
            if len(calls) == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **kwargs)

        setattr(owner, name, wrapper)

    return patch


# Each checkpoint is written and flushed (fsync), renamed, pointed at (fsync, renamed), and then the older one deleted.
KILLS = {
    'checkpoint 2 is not begun': kill_at(Runner, 'save_checkpoint', 2),
    'checkpoint 2 is written, but not renamed': kill_at(os, 'fsync', 3),
    'checkpoint 2 is renamed, but not pointed at': kill_at(safe_checkpoint_hook, 'replace_file', 2),
    'while the pointer to checkpoint 2 is written': kill_at(os, 'fsync', 4),
    'checkpoint 1 is not deleted yet': kill_at(LocalBackend, 'remove', 1),
    'the very first checkpoint is not pointed at': kill_at(safe_checkpoint_hook, 'replace_file', 1),
}


def train_and_die(patch: Callable[[], None], cfg: Config) -> None:
    patch()
    train(cfg)


@pytest.mark.parametrize('kill', KILLS)
def test_run_that_is_killed_while_it_saves_is_resumed(data, whole, tmp_path, kill):
    process = multiprocessing.get_context('fork').Process(
        target=train_and_die, args=(KILLS[kill], config(data, tmp_path))
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    train(config(data, tmp_path, resume=True))
    got, want = (load(folder / 'iter_4.pth') for folder in (tmp_path, whole))
    for key in STATE:
        assert_same(got[key], want[key], key)
    assert left(tmp_path) == left(whole) == ['iter_4.pth']


@pytest.mark.parametrize(
    'keep, names',
    [(1, ['iter_4.pth']), (2, ['iter_3.pth', 'iter_4.pth']), (-1, [f'iter_{k}.pth' for k in (1, 2, 3, 4)])],
)
def test_as_many_are_kept_as_asked_for(data, tmp_path, keep, names):
    train(config(data, tmp_path, keep))
    assert left(tmp_path) == names
    assert (tmp_path / 'last_checkpoint').read_text() == str(tmp_path / 'iter_4.pth')


def test_fewer_are_kept_when_a_resumed_run_says_so(data, tmp_path):
    train(config(data, tmp_path, keep=3))
    train(config(data, tmp_path, keep=1, resume=True))
    assert left(tmp_path) == ['iter_4.pth']


@pytest.fixture
def runner(tmp_path) -> SimpleNamespace:
    """A stand-in whose checkpoints are empty files, with a record of what was there when each was written."""
    seen = []

    def save(out_dir, filename, *args, **kwargs):
        seen.append(left(Path(out_dir)))
        Path(out_dir, filename).touch()

    return SimpleNamespace(
        work_dir=str(tmp_path),
        epoch=0,
        iter=1,
        save_checkpoint=save,
        seen=seen,
        message_hub=MessageHub(f'hub_{tmp_path.name}'),
        logger=MMLogger.get_current_instance(),
    )


@pytest.mark.parametrize('save_best', ['mIoU', 'auto', ['mIoU', 'aAcc']])
def test_best_checkpoint_is_there_before_the_one_before_is_deleted(runner, tmp_path, save_best):
    hook = SafeCheckpointHook(by_epoch=False, save_best=save_best, rule='greater')
    hook.before_train(runner)
    for iteration, value in ((1, 0.5), (2, 0.4), (3, 0.6)):
        runner.iter = iteration
        hook.after_val_epoch(runner, dict(mIoU=value, aAcc=value))
    best = [f'best_{name}_iter_{{}}.pth' for name in (['aAcc', 'mIoU'] if isinstance(save_best, list) else ['mIoU'])]
    assert left(tmp_path) == [name.format(3) for name in best]
    assert all(name.format(1) in runner.seen[-1] for name in best)


def test_best_checkpoint_outside_of_the_work_dir_is_not_deleted(runner, tmp_path):
    """Its path is read from a checkpoint, which may lie in a copied work dir, or be anybody's."""
    other = tmp_path / 'other' / 'best_mIoU_iter_1.pth'
    other.parent.mkdir()
    other.touch()
    for name, value in dict(best_ckpt=str(other), best_score=0.1).items():
        runner.message_hub.update_info(name, value)
    hook = SafeCheckpointHook(by_epoch=False, save_best='mIoU', rule='greater')
    hook.before_train(runner)
    hook.after_val_epoch(runner, dict(mIoU=0.5))
    assert other.exists() and left(tmp_path) == ['best_mIoU_iter_1.pth']
