"""Where a stage starts from."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.optim import OptimWrapper
from torch import nn
from torch.optim import SGD

from mmuda.compat import UnsafeCheckpointError
from mmuda.engine.hooks import StageCheckpointHook, stage_checkpoint_hook
from mmuda.utils.shipped import read_config
from tests.helpers.tiny import REPO

LENGTH = Config.fromfile(REPO / 'configs/toy/mrnet.py').train_cfg.max_iters


def runner(work_dir, **options) -> SimpleNamespace:
    state = dict(
        work_dir=str(work_dir),
        _load_from=None,
        _resume=False,
        _has_loaded=False,
        optim_wrapper=OptimWrapper(SGD(nn.Linear(1, 1).parameters(), lr=1.0)),
        logger=MMLogger.get_current_instance(),
    )
    return SimpleNamespace(**{**state, **options})


@pytest.fixture
def stages(tmp_path):
    """Work dirs of an earlier stage with a checkpoint, and of this one without."""
    for name in ('earlier', 'this'):
        (tmp_path / name).mkdir()
    write_checkpoint(tmp_path / 'earlier', 7)
    return tmp_path / 'earlier', tmp_path / 'this'


def write_checkpoint(work_dir, iteration: int) -> None:
    (work_dir / f'iter_{iteration}.pth').touch()
    (work_dir / 'last_checkpoint').write_text(str(work_dir / f'iter_{iteration}.pth'))


def start(hook_dir, run: SimpleNamespace) -> SimpleNamespace:
    StageCheckpointHook('configs/toy/mrnet.py', str(hook_dir)).before_run(run)
    return run


@pytest.mark.parametrize('resume', [False, True], ids=['new', 'nothing of its own to resume'])
def test_last_checkpoint_of_the_earlier_stage_is_loaded_and_not_resumed(stages, resume):
    earlier, this = stages
    run = start(earlier, runner(this, _resume=resume))
    assert (run._load_from, run._resume) == (str(earlier / 'iter_7.pth'), False)


def test_missing_stage_says_what_to_run(tmp_path):
    with pytest.raises(FileNotFoundError, match='none in .*python tools/train.py configs/toy/mrnet.py'):
        start(tmp_path / 'nowhere', runner(tmp_path))


def test_work_dir_that_was_moved_is_found(stages):
    earlier, this = stages
    moved = earlier.rename(earlier.with_name('moved'))
    assert start(moved, runner(this))._load_from == str(moved / 'iter_7.pth')


@pytest.mark.parametrize('reached', [3, 4])
def test_stage_that_did_not_end_is_warned_of(stages, reached):
    earlier, this = stages
    warnings = []
    run = runner(this, logger=SimpleNamespace(info=print, warning=warnings.append))
    hook = StageCheckpointHook('configs/toy/mrnet.py', str(earlier))
    hook.before_run(run)
    hook.after_load_checkpoint(run, dict(meta=dict(iter=reached, cfg='train_cfg = dict(max_iters=4)')))
    assert ['iter_7.pth is of iteration 3 of 4' in text for text in warnings] == ([True] if reached == 3 else [])


def test_load_from_takes_precedence(stages):
    earlier, this = stages
    assert start(earlier, runner(this, _load_from='mine.pth'))._load_from == 'mine.pth'


def test_resuming_an_own_checkpoint_needs_no_earlier_stage(tmp_path):
    write_checkpoint(tmp_path, 3)
    run = start(tmp_path / 'nowhere', runner(tmp_path, _resume=True))
    assert (run._load_from, run._resume) == (None, True)


def test_testing_needs_no_earlier_stage(tmp_path):
    assert start(tmp_path / 'nowhere', runner(tmp_path, optim_wrapper=None))._load_from is None


@pytest.mark.parametrize('wrapped', [True, False], ids=['checkpoint', 'weights alone'])
def test_stage_whose_statistics_are_no_numbers_is_not_started_from(stages, wrapped):
    earlier, this = stages
    hook = StageCheckpointHook('configs/toy/mrnet.py', str(earlier))
    hook.before_run(run := runner(this))
    state = {'bn1.weight': torch.ones(2), 'bn1.running_var': torch.tensor([1.0, float('nan')])}
    with pytest.raises(FloatingPointError, match='iter_7.pth: bn1.running_var has values that are NaN or infinite'):
        hook.after_load_checkpoint(run, dict(state_dict=state) if wrapped else state)


class TestTraining:
    """``train=True``, with a stand-in for the process that trains."""

    @pytest.fixture
    def started(self, monkeypatch, stages) -> list[list[str]]:
        commands = []

        def train(command: list[str], env: dict[str, str]) -> SimpleNamespace:
            commands.append(command)
            write_checkpoint(stages[0], LENGTH)
            return SimpleNamespace(returncode=0)

        monkeypatch.setattr(stage_checkpoint_hook.subprocess, 'run', train)
        return commands

    def before_run(self, stages, reached: int) -> SimpleNamespace:
        earlier, this = stages
        torch.save(dict(meta=dict(iter=reached), state_dict={}), earlier / 'iter_7.pth')
        run = runner(this)
        StageCheckpointHook('configs/toy/mrnet.py', str(earlier), train=True).before_run(run)
        return run

    def test_a_stage_that_was_ended_early_is_continued(self, stages, started):
        run = self.before_run(stages, 7)
        assert run._load_from == str(stages[0] / f'iter_{LENGTH}.pth')
        assert [command[-3:] for command in started] == [['--work-dir', str(stages[0]), '--resume']]
        assert started[0][3].endswith('configs/toy/mrnet.py')

    def test_a_stage_that_is_trained_is_not_trained_again(self, stages, started):
        run = self.before_run(stages, LENGTH)
        assert run._load_from == str(stages[0] / 'iter_7.pth') and started == []

    def test_code_of_a_checkpoint_is_not_run(self, stages, started):
        earlier, this = stages
        torch.save(dict(meta=dict(iter=7), hook=OptimWrapper), earlier / 'iter_7.pth')
        with pytest.raises(UnsafeCheckpointError, match='iter_7.pth was refused, no code in it was run'):
            StageCheckpointHook('configs/toy/mrnet.py', str(earlier), train=True).before_run(runner(this))
        assert started == []

    def test_on_several_devices_the_command_for_these_is_named(self, stages, started, monkeypatch):
        monkeypatch.setattr(stage_checkpoint_hook, 'get_world_size', lambda: 2)
        command = rf'bash tools/dist_train\.sh configs/toy/mrnet\.py 2 --resume --work-dir {stages[0]}'
        with pytest.raises(RuntimeError, match=rf'on one device only, not on 2\. .*: {command}'):
            self.before_run(stages, 7)
        assert started == []

    def test_on_several_devices_a_trained_stage_is_started_from(self, stages, started, monkeypatch):
        monkeypatch.setattr(stage_checkpoint_hook, 'get_world_size', lambda: 2)
        end = read_config('configs/toy/mrnet.py').train_cfg.max_iters
        assert self.before_run(stages, end)._load_from == str(stages[0] / 'iter_7.pth') and started == []

    def test_a_failure_is_named(self, stages, monkeypatch):
        monkeypatch.setattr(stage_checkpoint_hook.subprocess, 'run', lambda *_, **__: SimpleNamespace(returncode=1))
        with pytest.raises(RuntimeError, match=r'failed, see above\. By itself: python tools/train\.py configs/toy'):
            self.before_run(stages, 7)
