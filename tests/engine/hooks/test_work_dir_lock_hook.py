"""A work dir belongs to one run at a time."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch import nn
from torch.optim import SGD

from mmuda.engine.hooks import WorkDirLockHook
from mmuda.utils.files import lock, unlock
from tests.helpers.locks import refused_in_a_child
from tests.helpers.tiny import (
    REPO,
    Killed,
    add_hook,
    make_data,
    shrink_data,
    tiny_config,
    train,
)
from tests.helpers.two_ranks import run_on_two_ranks

pytestmark = pytest.mark.integration


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture
def used(holder, tmp_path) -> Path:  # noqa: F811
    """A work dir in which another process trains."""
    (tmp_path / '.lock').symlink_to('lock')
    return tmp_path


def test_second_run_is_refused_and_leaves_the_checkpoints(data, used, holder):  # noqa: F811
    (used / 'iter_1.pth').write_bytes(b'of the first')
    with pytest.raises(RuntimeError, match=rf'another run is training in {used} \(process {holder.pid} on '):
        train(tiny_config(data, used, 'source_only'))
    assert (used / 'iter_1.pth').read_bytes() == b'of the first'


def test_testing_beside_a_run_is_possible(data, used):
    full = Config.fromfile(REPO / 'configs/toy/source_only.py')
    shrink_data(full, data)
    cfg = tiny_config(data, used, 'source_only')
    cfg.update({key: full[key] for key in ('test_dataloader', 'test_cfg', 'test_evaluator')})
    assert 'mIoU' in Runner.from_cfg(cfg).test()


def test_work_dir_is_free_after_a_killed_run(data, used, holder):  # noqa: F811
    holder.kill()
    holder.join()
    assert train(tiny_config(data, used, 'source_only')).iter == 2


def test_runs_of_one_process_follow_each_other(data, tmp_path):
    cfg = dict(data=data, work_dir=tmp_path, name='source_only')
    with pytest.raises(Killed):
        train(add_hook(tiny_config(**cfg), type='KillAt', iteration=1))
    assert refused_in_a_child(tmp_path / '.lock')
    train(tiny_config(**cfg))
    assert not refused_in_a_child(tmp_path / '.lock')
    train(tiny_config(**cfg, resume=True, train_cfg__max_iters=3))


def stand_in(work_dir: str) -> SimpleNamespace:
    return SimpleNamespace(work_dir=work_dir, optim_wrapper=OptimWrapper(SGD(nn.Linear(1, 1).parameters(), lr=1.0)))


def lock_on_rank(rank: int, *work_dirs: str) -> list[str]:
    errors = []
    for work_dir in work_dirs:
        try:
            WorkDirLockHook().before_run(stand_in(work_dir))
            errors.append('')
        except RuntimeError as error:
            errors.append(str(error))
    return errors


def test_ranks_are_one_run_and_are_refused_together(tmp_path):
    (tmp_path / 'used').mkdir()
    lock(tmp_path / 'used' / '.lock')
    for free, used in run_on_two_ranks(lock_on_rank, str(tmp_path), str(tmp_path / 'used')):
        assert free == '' and 'another run is training in' in used
    unlock(tmp_path / 'used' / '.lock')
