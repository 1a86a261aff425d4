"""Training in bfloat16 on the CPU: MRNet, AdvEnt and DACS through config, runner and hooks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.models.objectives import AdversarialAlignment
from mmuda.models.segmentors import Step, UDASegmentor
from tests.helpers.tiny import REPO, Killed, add_hook, assert_same, load, make_data, run_tool, tiny_config, train

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason='is about the CPU')

ITERATIONS, KILLED = 4, 2
METHODS = ('mrnet', 'advent', 'dacs')
# bfloat16 has 8 binary digits: a relative error of 2^-9 in each of some ten layers. Iterations add to it.
RELATIVE, ABSOLUTE = 0.05, 2e-3


@HOOKS.register_module()
class RecordEveryLoss(Hook):
    """Keep what is logged in each iteration."""

    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        self.losses = []

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        self.losses.append({key: float(value) for key, value in outputs.items()})


def config(data: Path, work_dir: Path, name: str, **options) -> Config:
    cfg = tiny_config(
        data,
        work_dir,
        name,
        param_scheduler=[],
        train_cfg__max_iters=ITERATIONS,
        default_hooks__checkpoint__interval=KILLED,
        default_hooks__checkpoint__max_keep_ckpts=-1,
        **options,
    )
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type == 'DiscriminatorHook']
    if name == 'dacs':  # ClassMix pairs images: the target has the size of the source's crops
        cfg.train_dataloader.dataset.target.pipeline[1].scale = (64, 48)
        cfg.model.objectives[-1].weighting = dict(type='ConfidentShare', threshold=0.0)
    return add_hook(cfg, type='RecordEveryLoss')


def amp(data: Path, work_dir: Path, name: str, **options) -> Config:
    return config(
        data, work_dir, name, optim_wrapper__type='AmpOptimWrapper', optim_wrapper__dtype='bfloat16', **options
    )


def losses_of(runner: Runner) -> list[dict[str, float]]:
    return next(hook for hook in runner.hooks if isinstance(hook, RecordEveryLoss)).losses


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@contextmanager
def recorded_types() -> Iterator[dict[str, set[torch.dtype]]]:
    """Types of the tensors that steps, objectives and the model give, by method."""
    types: dict[str, set[torch.dtype]] = {}

    def record(patch: pytest.MonkeyPatch, owner: type, method: str) -> None:
        original = getattr(owner, method)

        def recording(self, *args):
            result = original(self, *args)
            for value in result.values():
                for tensor in value if isinstance(value, tuple) else (value,):
                    types.setdefault(method, set()).add(tensor.dtype)
            return result

        patch.setattr(owner, method, recording)

    with pytest.MonkeyPatch.context() as patch:
        for method in ('outputs', 'logits', 'teacher_outputs', 'teacher_logits'):
            record(patch, Step, method)
        record(patch, AdversarialAlignment, 'pop_maps')
        record(patch, UDASegmentor, 'loss')
        yield types


@pytest.fixture(scope='module', params=METHODS)
def runs(request, data, tmp_path_factory) -> SimpleNamespace:
    """A run in float32 and one in bfloat16."""
    folder = tmp_path_factory.mktemp(request.param)
    full = train(config(data, folder / 'full', request.param))
    with recorded_types() as types:
        half = train(amp(data, folder / 'half', request.param))
    return SimpleNamespace(name=request.param, full=full, half=half, types=types, folder=folder)


def test_losses_are_near_those_of_full_precision(runs):
    got, want = losses_of(runs.half), losses_of(runs.full)
    assert got != want and len(got) == ITERATIONS
    for iteration, losses in enumerate(want):
        assert got[iteration] == pytest.approx(losses, rel=RELATIVE, abs=ABSOLUTE), iteration


def test_all_that_follows_the_heads_is_full_precision(runs):
    expected = {'loss', 'outputs', 'logits'}
    expected |= {'teacher_outputs', 'teacher_logits'} if runs.name == 'dacs' else {'pop_maps'}
    assert runs.types == dict.fromkeys(expected, {torch.float32})


def test_weights_stay_in_full_precision(runs):
    checkpoint = load(runs.folder / 'half' / f'iter_{ITERATIONS}.pth')
    types = {value.dtype for value in checkpoint['state_dict'].values() if value.is_floating_point()}
    assert types == {torch.float32}
    assert 'loss_scaler' not in checkpoint['optimizer']


def test_resuming_is_exact(runs, data, tmp_path):
    with pytest.raises(Killed):
        train(add_hook(amp(data, tmp_path, runs.name), type='KillAt', iteration=KILLED + 1))
    train(amp(data, tmp_path, runs.name, resume=True))
    got, want = (load(folder / f'iter_{ITERATIONS}.pth') for folder in (tmp_path, runs.folder / 'half'))
    part = 'teacher' if runs.name == 'dacs' else 'discriminators'
    for key in ('state_dict', 'optimizer', part):
        assert_same(got[key], want[key], key)


def test_amp_of_the_command_line_is_bfloat16(data, tmp_path):
    cfg = config(data, tmp_path / 'run', 'mrnet')
    cfg.custom_hooks.pop()
    cfg.dump(tmp_path / 'config.py')
    result = run_tool(sys.executable, REPO / 'tools/train.py', 'config.py', '--amp', cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    train(amp(data, tmp_path / 'same', 'mrnet'))
    got, want = (load(tmp_path / run / f'iter_{ITERATIONS}.pth') for run in ('run', 'same'))
    assert_same(got['state_dict'], want['state_dict'])
