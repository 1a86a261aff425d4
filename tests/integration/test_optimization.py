"""Gradient accumulation, clipping and mixed precision with discriminators on."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from tests.helpers.tiny import Killed, add_hook, assert_same, hook_of, load, make_data, tiny_config, train

UPDATES = 2


@HOOKS.register_module()
class RecordGradients(Hook):
    """Norms of the gradients that every optimizer steps with."""

    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        self.norms, self.losses = dict(student=[]), []
        optimizers = dict(student=runner.optim_wrapper.optimizer)
        for name, wrapper in hook_of(runner, 'DiscriminatorHook').optim_wrappers.items():
            optimizers[name] = wrapper.optimizer
            self.norms[name] = []
        for name, optimizer in optimizers.items():
            optimizer.register_step_pre_hook(
                lambda optimizer, *_, name=name: self.norms[name].append(self.norm(optimizer))
            )

    @staticmethod
    def norm(optimizer: torch.optim.Optimizer) -> float:
        grads = [p.grad.flatten() for group in optimizer.param_groups for p in group['params'] if p.grad is not None]
        return float(torch.cat(grads).norm())

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        self.losses.append({key: float(value) for key, value in outputs.items()})


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def config(data: Path, work_dir: Path, **options) -> Config:
    """MRNet whose gradient is the mean over images: no batch statistics, no dropout, no counting of labels."""
    cfg = tiny_config(
        data,
        work_dir,
        model__segmentor__backbone__norm_eval=True,
        model__segmentor__decode_head__dropout_ratio=0.0,
        param_scheduler=[],
        **{'default_hooks__checkpoint__interval': 1000, 'train_cfg__max_iters': UPDATES, **options},
    )
    supervision, adversarial, memory = cfg.model.objectives
    supervision.class_weights = None
    adversarial.weights = dict(aux=0.1, main=0.2)
    memory.begin = 0
    hook_config = next(hook for hook in cfg.custom_hooks if hook.type == 'DiscriminatorHook')
    hook_config.param_scheduler = None
    cfg.train_dataloader.dataset.source.pipeline.insert(-1, dict(type='LabelEverything'))
    return add_hook(cfg, type='RecordGradients')


def weights(runner: Runner) -> dict[str, torch.Tensor]:
    discriminators = hook_of(runner, 'DiscriminatorHook').discriminators.state_dict(prefix='discriminators.')
    return {**runner.model.state_dict(), **discriminators}


@pytest.fixture(scope='module')
def batches_of_two(data, tmp_path_factory) -> Runner:
    return train(config(data, tmp_path_factory.mktemp('two'), train_dataloader__batch_size=2))


@pytest.fixture(scope='module')
def accumulated(data, tmp_path_factory) -> Runner:
    return train(
        config(
            data,
            tmp_path_factory.mktemp('accumulated'),
            train_dataloader__batch_size=1,
            train_cfg__max_iters=2 * UPDATES,
            optim_wrapper__accumulative_counts=2,
        )
    )


def test_accumulating_two_images_equals_a_batch_of_two(batches_of_two, accumulated):
    want = weights(batches_of_two)
    for name, got in weights(accumulated).items():
        torch.testing.assert_close(got, want[name], rtol=0, atol=1e-5, msg=lambda text, name=name: f'{name}: {text}')


def test_discriminators_step_as_often_as_the_student(accumulated):
    steps = {name: len(norms) for name, norms in hook_of(accumulated, 'RecordGradients').norms.items()}
    assert steps == dict(student=UPDATES, aux=UPDATES, main=UPDATES)


def late(data: Path, work_dir: Path, **options) -> Config:
    """Discriminators begin in the middle of the first two iterations that are accumulated."""
    cfg = config(
        data,
        work_dir,
        optim_wrapper__accumulative_counts=2,
        train_cfg__max_iters=6,
        default_hooks__checkpoint__interval=4,
        **options,
    )
    cfg.model.objectives[1].begin = 1
    return cfg


@pytest.fixture(scope='module')
def begun_late(data, tmp_path_factory) -> Runner:
    return train(late(data, tmp_path_factory.mktemp('late')))


def test_discriminators_that_begin_late_step_when_the_student_does(begun_late):
    steps = {name: len(norms) for name, norms in hook_of(begun_late, 'RecordGradients').norms.items()}
    assert steps == dict(student=3, aux=3, main=3)


def test_resuming_accumulated_gradients_is_exact(data, begun_late, tmp_path):
    with pytest.raises(Killed):
        train(add_hook(late(data, tmp_path), type='KillAt', iteration=4))
    train(late(data, tmp_path, resume=True))
    got, want = (load(folder / 'iter_6.pth') for folder in (tmp_path, Path(begun_late.work_dir)))
    for key in ('state_dict', 'discriminators'):
        assert_same(got[key], want[key], key)


def between_steps(data: Path, work_dir: Path, name: str, **options) -> Config:
    """Eight iterations of a whole method that steps every third, saved after the fourth: one gradient waits."""
    cfg = tiny_config(
        data,
        work_dir,
        name,
        optim_wrapper__accumulative_counts=3,
        train_cfg__max_iters=8,
        default_hooks__checkpoint__interval=4,
        default_hooks__checkpoint__max_keep_ckpts=-1,
        **options,
    )
    if name == 'dacs':  # ClassMix pairs images: the target has the size of the source's crops
        cfg.train_dataloader.dataset.target.pipeline[1].scale = (64, 48)
    return cfg


@pytest.mark.parametrize('name, parts', [('mrnet', ['discriminators']), ('dacs', ['teacher'])])
def test_a_checkpoint_between_two_steps_continues_exactly(data, tmp_path, name, parts):
    train(between_steps(data, tmp_path / 'whole', name))
    with pytest.raises(Killed):
        train(add_hook(between_steps(data, tmp_path / 'run', name), type='KillAt', iteration=5))
    train(between_steps(data, tmp_path / 'run', name, resume=True))
    got, want = (load(tmp_path / folder / 'iter_8.pth') for folder in ('run', 'whole'))
    for key in ('state_dict', 'optimizer', *parts):
        assert_same(got[key], want[key], key)
    waiting = load(tmp_path / 'whole' / 'iter_4.pth')
    gradients = [waiting['gradients'], *(state['gradients'] for state in waiting.get('discriminators', {}).values())]
    assert all(any(gradient.any() for gradient in part.values()) for part in gradients)
    assert not want['gradients'], 'the optimizer has stepped'


def test_clipping_acts_on_the_student_alone(data, batches_of_two, tmp_path):
    clipped = train(
        config(
            data,
            tmp_path,
            train_dataloader__batch_size=2,
            train_cfg__max_iters=1,
            optim_wrapper__clip_grad=dict(max_norm=0.01),
        )
    )
    free, got = (hook_of(runner, 'RecordGradients').norms for runner in (batches_of_two, clipped))
    assert free['student'][0] > 0.02
    assert got['student'][0] == pytest.approx(0.01, rel=1e-3)
    for name in ('aux', 'main'):
        assert got[name][0] == pytest.approx(free[name][0], rel=1e-5) and got[name][0] > 0.02


def test_bfloat16_steps_have_finite_losses_and_gradients_near_those_of_float32(data, batches_of_two, tmp_path):
    half = train(config(data, tmp_path, train_dataloader__batch_size=2, optim_wrapper__type='AmpOptimWrapper'))
    want, got = (hook_of(runner, 'RecordGradients') for runner in (batches_of_two, half))
    assert got.losses != want.losses
    assert got.losses[0] == pytest.approx(want.losses[0], rel=0.05, abs=1e-3)
    for name, norms in want.norms.items():
        assert got.norms[name] == pytest.approx(norms, rel=0.1), name
    assert {p.dtype for p in half.model.parameters()} == {torch.float32}


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_amp_on_a_gpu(data, tmp_path):
    runner = train(config(data, tmp_path, optim_wrapper__type='AmpOptimWrapper', optim_wrapper__loss_scale='dynamic'))
    assert runner.optim_wrapper.loss_scaler.get_scale() > 0
    recorded = hook_of(runner, 'RecordGradients')
    assert all(torch.tensor(value).isfinite() for losses in recorded.losses for value in losses.values())
    assert len(recorded.norms['aux']) == UPDATES
