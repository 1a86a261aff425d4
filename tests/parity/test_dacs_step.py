"""Two whole iterations of DACS through the shipped config, runner and hooks; its network and schedule."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.structures import PixelData
from mmseg.registry import DATASETS, HOOKS, MODELS, PARAM_SCHEDULERS
from mmseg.structures import SegDataSample
from numpy.typing import ArrayLike
from torch import Tensor, nn

from mmuda.models.objectives import ClassMixSupervision
from mmuda.models.segmentors import Step
from tests.helpers.golden import Case, assert_close, cases, each_case, load_case, original_state
from tests.parity.test_training_step import Float64Preprocessor

CONFIG = Path(__file__).resolve().parents[2] / 'configs' / 'dacs' / 'gta2cs.py'
FIRST, SECOND = 1e-9, 1e-5  # relative, of the two iterations; the first is not amplified by a step


def our_name(name: str) -> str:
    """The original's name of a parameter or buffer to that in a segmentor."""
    if name.startswith('layer5.'):
        return name.replace('layer5.conv2d_list', 'decode_head.branches')
    return f'backbone.{name}'


def weights(case: Case) -> dict[str, Tensor]:
    """The weights of a case under our names."""
    return {our_name(name): value for name, value in original_state(case).items()}


def config(case: Case) -> Config:
    """The shipped config with the classes of the case and no weights to load."""
    cfg = Config.fromfile(CONFIG)
    cfg.model.segmentor.backbone.init_cfg = None
    cfg.model.segmentor.decode_head.num_classes = int(case['param_num_classes'])
    return cfg


@DATASETS.register_module()
class GoldenBatches:
    """The images of a case, iteration after iteration."""

    def __init__(self, case: str) -> None:
        self.case = load_case('dacs', case)
        self.metainfo = dict(classes=tuple(map(str, range(int(self.case['param_num_classes'])))))
        self.source = self.target = self.case['in_source_label'].reshape(-1, *self.case['in_source_label'].shape[2:])

    def full_init(self) -> None:
        pass

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index) -> dict:
        iteration, k = divmod(index.position, self.case['in_source_label'].shape[1])
        labels = torch.from_numpy(self.case['in_source_label'][iteration, k])
        return dict(
            inputs={
                view: torch.from_numpy(self.case[f'in_{view}_image'][iteration, k]) for view in ('source', 'target')
            },
            data_samples=dict(source=SegDataSample(gt_sem_seg=PixelData(data=labels[None])), target=SegDataSample()),
        )


@HOOKS.register_module()
class DacsRecorder(Hook):
    """Put the run at the case's weights, precision and random state; record every iteration."""

    priority = 'HIGHEST'  # before the teacher is copied

    def __init__(self, case: str) -> None:
        self.case = load_case('dacs', case)
        self.iterations: list[SimpleNamespace] = []

    def before_train(self, runner: Runner) -> None:
        student = runner.model.student
        student.load_state_dict(weights(self.case), strict=True)
        runner.model.to(getattr(torch, str(self.case['param_dtype'])))
        self.before = self.sample(student.state_dict())
        runner.optim_wrapper.optimizer.register_step_pre_hook(lambda optimizer, *_: self.keep(student, optimizer))

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        if not self.iterations:
            np.random.seed(int(self.case['param_numpy_seed']))

    def keep(self, student: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        grads = {
            name: torch.zeros_like(param) if param.grad is None else param.grad
            for name, param in student.named_parameters()
        }
        self.grad_norms = [float(grads[our_name(str(name))].norm()) for name in self.case['param_names']]
        self.grads = self.sample(grads)
        self.rates = sorted({group['lr'] for group in optimizer.param_groups})

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        self.iterations.append(
            SimpleNamespace(
                outputs={key: float(value.detach()) for key, value in outputs.items()},
                grad_norms=self.grad_norms,
                grads=self.grads,
                rates=self.rates,
                **{kind: self.sample(getattr(runner.model, kind).state_dict()) for kind in ('student', 'teacher')},
                **{f'{kind}_buffers': self.buffers(getattr(runner.model, kind)) for kind in ('student', 'teacher')},
            )
        )

    def sample(self, state: dict[str, Tensor]) -> np.ndarray:
        """The recorded entries of the sampled parameters."""
        return np.stack(
            [
                state[our_name(str(name))].flatten()[entries].numpy()
                for name, entries in zip(self.case['param_sample_names'], self.case['param_sample_index'])
            ]
        )

    def buffers(self, module: nn.Module) -> np.ndarray:
        """The first entries of the sampled buffers."""
        length = self.case['out_student_buffer_sample'].shape[-1]
        return np.stack(
            [module.get_buffer(our_name(str(name)))[:length].numpy().copy() for name in self.case['param_buffer_names']]
        )


@pytest.fixture(scope='module', params=cases('dacs', 'train_step*'))
def run(request, tmp_path_factory) -> SimpleNamespace:
    case = load_case('dacs', request.param)
    cfg = config(case)
    cfg.work_dir = str(tmp_path_factory.mktemp('step'))
    cfg.model.data_preprocessor = dict(type=Float64Preprocessor.__name__)
    classmix = cfg.model.objectives[1]
    classmix.augmentation = None
    classmix.weighting.threshold = float(case['param_threshold'])
    classmix.loss.loss_weight = float(case['param_consistency_weight'])
    cfg.optim_wrapper.optimizer.update(
        {key: case[f'param_{key}'].item() for key in ('momentum', 'nesterov', 'weight_decay')},
        lr=float(case['param_learning_rate']),
    )
    cfg.optim_wrapper.paramwise_cfg.custom_keys.decode_head.lr_mult = float(case['param_head_lr_mult'])
    cfg.param_scheduler.update(max_iters=int(case['param_max_iters']), power=float(case['param_power']))
    cfg.default_hooks.teacher.momentum = float(case['param_alpha'])
    cfg.train_dataloader = dict(
        batch_size=case['in_source_image'].shape[1],
        num_workers=0,
        sampler=dict(type='UDASampler'),
        dataset=dict(type='GoldenBatches', case=request.param),
    )
    cfg.train_cfg.max_iters = len(case['in_source_image'])
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator', 'test_dataloader', 'test_cfg', 'test_evaluator'):
        cfg.pop(key)
    cfg.default_hooks.checkpoint = None
    for key in ('visualization', 'resume_state'):  # the latter seeds every iteration
        cfg.default_hooks.pop(key)
    cfg.custom_hooks = [dict(type='DacsRecorder', case=request.param)]
    pseudo_labels, mixed_labels = [], []
    with pytest.MonkeyPatch.context() as patch:
        record_labels(patch, ClassMixSupervision, 'mix', pseudo_labels)
        record_labels(patch, Step, 'add_view', mixed_labels)
        runner = Runner.from_cfg(cfg)
        runner.train()
    hook = next(h for h in runner.hooks if isinstance(h, DacsRecorder))
    return SimpleNamespace(
        case=case,
        before=hook.before,
        iterations=hook.iterations,
        pseudo_labels=pseudo_labels,
        mixed_labels=mixed_labels,
        optimizer=runner.optim_wrapper.optimizer,
        student=runner.model.student,
    )


def record_labels(patch: pytest.MonkeyPatch, owner: type, method: str, labels: list[Tensor]) -> None:
    """Keep the integer tensor that a method is called with."""
    original = getattr(owner, method)

    def record(self, *args):
        labels.append(next(arg for arg in args if isinstance(arg, Tensor) and not arg.is_floating_point()))
        return original(self, *args)

    patch.setattr(owner, method, record)


def check_rows(got: Sequence, want: np.ndarray, tolerance: float, names: np.ndarray) -> None:
    for name, ours, theirs in zip(names, got, want, strict=True):
        assert_close(ours, theirs, tolerance, str(name))


def check(run: SimpleNamespace, got: Callable[[SimpleNamespace], ArrayLike], key: str) -> None:
    """Compare a number of every iteration, with the tolerance of the iteration."""
    for index, iteration in enumerate(run.iterations):
        assert_close(got(iteration), run.case[f'out_{key}'][index], tolerance(index), f'{key} of iteration {index}')


def tolerance(index: int) -> float:
    return SECOND if index else FIRST


def test_every_iteration_of_the_case_was_run(run):
    assert len(run.iterations) == len(run.case['out_loss_source'])


def test_losses(run):
    check(run, lambda iteration: iteration.outputs['source.loss_main'], 'loss_source')
    check(run, lambda iteration: iteration.outputs['classmix.loss_main'], 'loss_mixed')


def test_weight_of_the_pseudo_labels(run):
    weights = [iteration.outputs['classmix.weight'] for iteration in run.iterations]
    assert_close(weights, run.case['out_weight'], 1e-7)


def test_labels(run):
    for kind, labels in (('pseudo', run.pseudo_labels), ('mixed', run.mixed_labels)):
        assert np.array_equal(torch.stack(labels).numpy(), run.case[f'out_{kind}_label']), kind


def test_learning_rates(run):
    assert_close([iteration.rates for iteration in run.iterations], run.case['out_lr'], 1e-12)


def test_gradients(run):
    for index, iteration in enumerate(run.iterations):
        check_rows(iteration.grad_norms, run.case['out_grad_norm'][index], tolerance(index), run.case['param_names'])
        check_rows(
            iteration.grads, run.case['out_grad_sample'][index], tolerance(index), run.case['param_sample_names']
        )


def test_start(run):
    check_rows(run.before, run.case['out_before_sample'], 1e-12, run.case['param_sample_names'])


@pytest.mark.parametrize('kind', ['student', 'teacher'])
def test_parameters_after_the_step(run, kind):
    before = run.case['out_before_sample']
    for index, iteration in enumerate(run.iterations):
        # Of the change, not of the value.
        check_rows(
            getattr(iteration, kind) - before,
            run.case[f'out_{kind}_sample'][index] - before,
            tolerance(index),
            run.case['param_sample_names'],
        )


@pytest.mark.parametrize('kind', ['student', 'teacher'])
def test_batch_norm_buffers(run, kind):
    for index, iteration in enumerate(run.iterations):
        check_rows(
            getattr(iteration, f'{kind}_buffers'),
            run.case[f'out_{kind}_buffer_sample'][index],
            tolerance(index),
            run.case['param_buffer_names'],
        )


def test_updates_per_step(run):
    repeats = {id(param): group['repeat'] for group in run.optimizer.param_groups for param in group['params']}
    params = dict(run.student.named_parameters())
    got = [repeats.get(id(params[our_name(str(name))]), 0) for name in run.case['param_names']]
    want = [
        0 if idle(run, str(name)) else int(times)
        for name, times in zip(run.case['param_names'], run.case['param_optimizer_repeats'])
    ]
    assert got == want


def idle(run: SimpleNamespace, name: str) -> bool:
    """A branch that is not summed: frozen here, in the original's optimizer but without gradient."""
    return not run.case['out_grad_norm'][:, run.case['param_names'] == name].any()


class Network:
    """The case and the network of the config."""

    def __init__(self, case: str) -> None:
        init_default_scope('mmseg')
        self.case = load_case('dacs', case)
        self.model = MODELS.build(config(self.case).model).student.eval()
        self.model.load_state_dict(weights(self.case), strict=True)
        self.stages = {}
        for name in ('maxpool', 'layer1', 'layer2', 'layer3', 'layer4'):
            getattr(self.model.backbone, name).register_forward_hook(
                lambda module, args, out, name=name: self.stages.__setitem__(name, out)
            )
        with torch.no_grad():
            images = torch.from_numpy(self.case['in_image'])
            self.logits = Step(self.model, dict(source=images), {}, 0).unresized_logits('source')['main']


@pytest.fixture(scope='module', params=cases('dacs', 'deeplabv2_r101*'))
def network(request) -> Network:
    return Network(request.param)


def test_network_logits(network):
    assert_close(network.logits, network.case['out_logits'], 1e-4)


def test_network_features(network):
    want = network.case['out_feature_first64']
    assert_close(network.stages['layer4'][:, : want.shape[1]], want, 1e-4)


def test_network_stages(network):
    rms = [float(features.double().square().mean().sqrt()) for features in network.stages.values()]
    for got, want in zip(rms, network.case['out_stage_rms'], strict=True):
        assert_close(got, want, 1e-4)


def test_network_parameters(network):
    params = dict(network.model.named_parameters())
    assert sum(param.numel() for param in params.values()) == int(network.case['out_num_params'])
    branches = load_case('dacs', 'deeplabv2_head')['out_has_grad'].reshape(-1, 2).all(1)
    listed = {our_name(str(name)) for name in network.case['out_trainable_names']}
    frozen = {f'decode_head.branches.{k}.{kind}' for k in np.flatnonzero(~branches) for kind in ('weight', 'bias')}
    assert {name for name, param in params.items() if param.requires_grad} == listed - frozen
    assert sum(params[name].numel() for name in listed) == int(network.case['out_num_params_trainable'])


@pytest.fixture(scope='module', params=cases('dacs', 'deeplabv2_head*'))
def head(request) -> SimpleNamespace:
    case = load_case('dacs', request.param)
    options = config(case).model.segmentor.decode_head
    options.update(in_index=0, dilations=case['param_dilations'].tolist())
    return SimpleNamespace(case=case, head=MODELS.build(options))


def test_head(head):
    case, module = head.case, head.head
    module.load_state_dict(
        {name.removeprefix('decode_head.'): value for name, value in weights(case).items()}, strict=True
    )
    logits = module([torch.from_numpy(case['in_feature'])])
    assert_close(logits.detach(), case['out_logits'], 1e-5)
    logits.backward(torch.from_numpy(case['in_grad_output']))
    params = [branch.get_parameter(kind) for branch in module.branches for kind in ('weight', 'bias')]
    assert [param.grad is not None for param in params] == case['out_has_grad'].tolist()
    trained = [branch for branch in module.branches if branch.bias.grad is not None]
    assert_close(torch.stack([branch.bias.grad for branch in trained]), case['out_grad_bias'], 1e-5)
    assert_close([float(branch.weight.grad.norm()) for branch in trained], case['out_grad_weight_norm'], 1e-5)


@each_case('dacs', 'lr_schedule*')
def test_learning_rate_schedule(case):
    cfg = Config.fromfile(CONFIG)
    cfg.optim_wrapper.optimizer.lr = float(case['param_base_lr'])
    model = nn.ModuleDict(dict(backbone=nn.Linear(1, 1), decode_head=nn.Linear(1, 1)))
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    scheduler = PARAM_SCHEDULERS.build(
        {**cfg.param_scheduler, 'max_iters': int(case['param_max_iters']), 'power': float(case['param_power'])},
        default_args=dict(optimizer=wrapper),
    )
    for iteration, want in zip(case['param_iterations'], case['out_lr'], strict=True):
        scheduler.last_step = int(iteration) - 1
        scheduler.step()
        for got, rate in zip(sorted({group['lr'] for group in wrapper.param_groups}), want, strict=True):
            assert_close(got, rate, 1e-12)
