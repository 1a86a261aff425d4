"""Iterations of the methods with rounds through the shipped configs and the real SelfTrainingRunner.

Networks and data are shrunk, or are those of a fixture; objectives, optimizer, rounds and rates are the shipped ones.
"""

import importlib
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.structures import PixelData
from mmseg.registry import HOOKS, MODELS, RUNNERS
from mmseg.structures import SegDataSample
from torch import Tensor

from mmuda.models.segmentors import UDADataPreprocessor
from tests.helpers.ensemble import make_teachers
from tests.helpers.golden import assert_close, load_case, original_state
from tests.helpers.tiny import REPO, make_data, tiny_self_training_config
from tests.parity.test_ensemble_network import CONVERTERS

STUDENT_TOLERANCE = (1e-7, 1e-4)  # of the two steps, see test_ensemble_step.py


@MODELS.register_module()
class DoublePreprocessor(UDADataPreprocessor):
    """Images in float64, in training and labeling."""

    def forward(self, data: dict, training: bool = False) -> dict:
        data = super().forward(data, training)
        inputs = data['inputs']
        if isinstance(inputs, Tensor):
            return dict(data, inputs=inputs.double())
        return dict(data, inputs={view: images.double() for view, images in inputs.items()})


@HOOKS.register_module()
class RecordSteps(Hook):
    """Keep what every step of the optimizer does; end after some iterations."""

    priority = 'LOWEST'

    def __init__(self, end: int | None = None) -> None:
        self.end = end
        self.steps: list[SimpleNamespace] = []

    def before_train(self, runner) -> None:
        self.model = runner.model
        runner.optim_wrapper.optimizer.register_step_pre_hook(self._before_step)

    def _before_step(self, optimizer, *_) -> None:
        trained = {name: parameter for name, parameter in self.model.named_parameters() if parameter.grad is not None}
        self.steps.append(
            SimpleNamespace(
                rates=[group['lr'] for group in optimizer.param_groups],
                fresh=not optimizer.state,
                gradients={name: parameter.grad.clone() for name, parameter in trained.items()},
                before={name: parameter.detach().clone() for name, parameter in trained.items()},
            )
        )

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        self.steps[-1].after = {name: value.detach().clone() for name, value in runner.model.state_dict().items()}
        self.steps[-1].loss = float(outputs['loss'])
        runner.train_loop.stop_training = runner.iter + 1 == self.end


@HOOKS.register_module()
class GoldenPool(Hook):
    """Start from the weights of the fixture, and put its images and labels into every batch."""

    def before_train(self, runner) -> None:
        original = original_state(load_case('ensemble', 'student_step'), 'deeplabv3plus_drn')
        runner.model.student.load_state_dict(CONVERTERS['ensemble_student'].convert(original))

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        case = load_case('ensemble', 'student_step')
        samples = [
            SegDataSample(gt_sem_seg=PixelData(data=torch.from_numpy(label)[None]))
            for label in case['in_labels'][runner.iter]
        ]
        data_batch.update(
            inputs=dict(pool=list(torch.from_numpy(case['in_image'][runner.iter]))), data_samples=dict(pool=samples)
        )


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def shipped(name: str, data: Path, work_dir: Path, toy: str) -> Config:
    """A shipped config on the images of a toy config, from random weights and without evaluation."""
    cfg = Config.fromfile(REPO / 'configs' / f'{name}.py')
    cfg.train_dataloader = tiny_self_training_config(data, work_dir, toy).train_dataloader
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator', 'test_dataloader', 'test_cfg', 'test_evaluator'):
        cfg.pop(key)
    cfg.work_dir, cfg.experiment_name, cfg.log_level = str(work_dir), uuid.uuid4().hex, 'WARNING'
    cfg.default_hooks.pop('visualization')
    cfg.default_hooks.checkpoint = None
    cfg.custom_hooks = [dict(type='RecordSteps')]
    return cfg


def recorded(runner) -> list[SimpleNamespace]:
    return next(hook for hook in runner.hooks if isinstance(hook, RecordSteps)).steps


@pytest.fixture(scope='module')
def student(data, tmp_path_factory) -> SimpleNamespace:
    """The fixture's two steps of the ensemble's student; labels of two tiny teachers are made before."""
    folder = tmp_path_factory.mktemp('student')
    case = load_case('ensemble', 'student_step')
    cfg = shipped('ensemble/gta2cs', data, folder, 'ensemble')
    cfg.train_cfg.labels.teachers, cfg.train_cfg.labels.store = (
        make_teachers(folder / 'teachers'),
        str(folder / 'labels'),
    )
    cfg.train_cfg.labels.labeler = dict(type='MajorityLabeler')
    cfg.train_cfg.labels.predictor = dict(type='LogitMapPredictor', scale=(96, 64))
    cfg.model.data_preprocessor = dict(type='DoublePreprocessor')
    cfg.model.segmentor.decode_head.dropout_ratios = (float(case['param_dropout']),) * 3
    cfg.custom_hooks = [dict(type='GoldenPool'), dict(type='RecordSteps', end=len(case['in_image']))]
    runner = RUNNERS.build(cfg)
    runner.model.double()
    runner.train()
    names = {old: f'student.{new}' for old, new in CONVERTERS['ensemble_student'].name_table().items()}
    return SimpleNamespace(case=case, steps=recorded(runner), names=names, plan=runner.train_loop.rounds[0])


class TestStudent:
    def test_round_has_the_length_of_the_fixtures_schedule(self, student):
        assert student.plan.end == int(student.case['param_max_iters'])

    @pytest.mark.parametrize('k', [0, 1])
    def test_loss_and_rates(self, student, k):
        step = student.steps[k]
        assert_close(step.loss, student.case['out_loss'][k], STUDENT_TOLERANCE[k], 'loss')
        assert_close([min(step.rates), max(step.rates)], student.case['out_lr'][k], 1e-12, 'rates')

    @pytest.mark.parametrize('k', [0, 1])
    def test_updates(self, student, k):
        case, wanted = student.case, (student.case['out_before_sample'], *student.case['out_after_sample'])
        for row, (old, where) in enumerate(zip(case['param_sample_names'], case['param_sample_index'])):
            name = student.names[str(old)]
            got = (student.steps[k].after[name] - student.steps[k].before[name]).flatten()[torch.from_numpy(where)]
            want = wanted[k + 1][row] - wanted[k][row]
            scale = np.abs(case['out_after_sample'][0] - case['out_before_sample']).max()
            assert np.abs(got.numpy() - want).max() <= STUDENT_TOLERANCE[k] * scale, old

    @pytest.mark.parametrize('k', [0, 1])
    def test_running_statistics(self, student, k):
        case = student.case
        count = case['out_buffer_sample'].shape[2]
        got = [student.steps[k].after[student.names[str(old)]].flatten()[:count] for old in case['param_buffer_names']]
        assert_close(np.stack(got), case['out_buffer_sample'][k], STUDENT_TOLERANCE[k], 'statistics')


def caffe_sgd(name: str, weight: Tensor, gradient: Tensor, momentum: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """CBST's rule, note 9 of its fixtures: biases at twice the rate, without decay."""
    bias = name.endswith('bias')
    momentum = 0.9 * momentum + gradient + (0.0 if bias else 5e-4) * weight
    return weight - (2 if bias else 1) * rate * momentum, momentum


def repeated_sgd(
    name: str, weight: Tensor, gradient: Tensor, momentum: Tensor, rate: float, nesterov: bool = False
) -> tuple[Tensor, Tensor]:
    """CRST's: tensors that are listed three or four times; the decay is added to the gradient that they share."""
    repeat = 4 if 'downsample' in name else 3 if 'backbone.layer' in name else 1
    for _ in range(repeat):
        gradient = gradient + 5e-4 * weight
        momentum = 0.9 * momentum + gradient
        update = gradient + 0.9 * momentum if nesterov else momentum
        weight = weight - (10 if 'decode_head' in name else 1) * rate * update
    return weight, momentum


def test_rule_of_cbst_is_that_of_the_fixture():
    case = load_case('cbst', 'optimizer_step')
    table = importlib.import_module('tools.model_converters.mxnet_params').name_table()
    for row, name in enumerate(case['param_names']):
        weight, momentum = torch.from_numpy(case['in_weights'][row]), torch.zeros(1)
        for gradient, want in zip(case['in_grads'][:, row], case['out_weights'][:, row], strict=True):
            gradient = torch.from_numpy(gradient) / int(case['param_gpus'])
            weight, momentum = caffe_sgd(table[str(name)], weight, gradient, momentum, float(case['param_lr']))
            np.testing.assert_allclose(weight.numpy(), want, rtol=0, atol=2e-6)


def test_rule_of_crst_is_that_of_the_fixture():
    """The fixture is of MRNet, whose optimizer is the same with Nesterov's momentum."""
    case = load_case('mrnet', 'sgd_repeat')
    for old in case['param_names']:
        name = f'decode_head.{old}' if old.startswith(('layer5', 'layer6')) else f'backbone.{old}'
        weight, momentum = torch.from_numpy(case[f'in_init.{old}']), torch.zeros(1)
        steps = zip(case[f'in_grad.{old}'], case['in_base_lr'], case[f'out_torch14.{old}'], strict=True)
        for gradient, rate, want in steps:
            weight, momentum = repeated_sgd(name, weight, torch.from_numpy(gradient), momentum, float(rate), True)
            assert_close(weight, want, 1e-6, old)


def assert_steps_follow(steps: list[SimpleNamespace], per_round: int, rates: list[float], rule: Callable) -> None:
    """Every update is that of the rule, from the gradient and from momenta that start again in each round."""
    assert len(steps) == per_round * len(rates)
    for index, step in enumerate(steps):
        assert step.fresh == (index % per_round == 0)
        if step.fresh:
            momenta = {name: torch.zeros_like(value) for name, value in step.before.items()}
        for name, before in step.before.items():
            want, momenta[name] = rule(name, before, step.gradients[name], momenta[name], rates[index // per_round])
            assert (want - before).abs().max() > 0, name
            assert_close(step.after[name] - before, want - before, 1e-6, f'{name} in iteration {index}')


def test_cbst_on_resnet38(data, tmp_path):
    """Rates of all rounds are those of the fixture."""
    case = load_case('cbst', 'portion_schedule_gta')
    cfg = shipped('cbst/gta2cs', data, tmp_path, 'cbst')
    del cfg.train_cfg['epochs']
    cfg.train_cfg.iterations, cfg.train_cfg.source.portion = 2, dict(start=1.0)
    cfg.train_cfg.labels.predictor.long_side = 96
    cfg.model.data_preprocessor.type = 'DoublePreprocessor'
    cfg.model.segmentor.backbone.base_channels = 1
    cfg.model.segmentor.decode_head.update(in_channels=64, channels=8)
    runner = RUNNERS.build(cfg)
    runner.model.double()
    runner.train()
    steps, rounds = recorded(runner), cfg.train_cfg.num_rounds
    assert_steps_follow(steps, 2, case['out_lr'][:rounds].tolist(), caffe_sgd)
    assert [plan.target_portion for plan in runner.train_loop.rounds] == case['out_target_portion'][:rounds].tolist()
    statistics = [name for name in steps[0].after if 'running' in name]
    assert statistics and all(torch.equal(steps[0].after[name], steps[-1].after[name]) for name in statistics)


@pytest.mark.parametrize(('config', 'method'), [('gta2cs', 'mrkld'), ('gta2cs_lrent', 'lrent')])
def test_crst_on_deeplabv2(data, tmp_path, config, method):
    """The rate is the same in all rounds."""
    cfg = shipped(f'crst/{config}', data, tmp_path, f'crst_{method}')
    del cfg.train_cfg['epochs']
    cfg.train_cfg.iterations, cfg.train_cfg.source.portion = 2, dict(start=1.0)
    cfg.model.data_preprocessor.type = 'DoublePreprocessor'
    cfg.model.segmentor.backbone.update(base_channels=4, stem_channels=4)
    cfg.model.segmentor.decode_head.in_channels = 128
    runner = RUNNERS.build(cfg)
    runner.model.double()
    runner.train()
    steps = recorded(runner)
    assert_steps_follow(steps, 2, [5e-5] * 3, repeated_sgd)
    assert not [name for name in steps[0].gradients if 'bn' in name], 'BatchNorm is frozen altogether'
