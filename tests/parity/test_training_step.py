"""One whole iteration of the published trainers, through the shipped configs, runner and hooks."""

import gc
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.structures import PixelData
from mmseg.models import EncoderDecoder
from mmseg.registry import DATASETS, HOOKS, MODELS
from mmseg.structures import SegDataSample

from mmuda.engine.optimizers import RepeatedSGD
from mmuda.models.decode_heads import DualClassifierHead
from mmuda.models.discriminators import MultiScaleDiscriminator
from mmuda.models.losses import LSGANLoss
from mmuda.models.losses.hard_pixel_cross_entropy_loss import hard_pixels
from mmuda.models.segmentors import UDADataPreprocessor
from tests.helpers.golden import Case, assert_close, cases, load_case, original_state
from tests.parity.test_discriminator import our_name as discriminator_name
from tests.parity.test_network import convert

CONFIGS = Path(__file__).resolve().parents[2] / 'configs' / 'mrnet'
TOLERANCE = 1e-8
STRIDE = 16  # of the recorded logits
RUNS = [
    (name, key.removeprefix('param_iteration_'))
    for name in cases('mrnet', 'stage*_step*')
    for key in load_case('mrnet', name)
    if key.startswith('param_iteration_')
]


@DATASETS.register_module()
class GoldenPairs:
    """The images of a step case; the k-th draw of the run is image k modulo the batch size."""

    metainfo = dict(classes=())

    def __init__(self, case: str) -> None:
        self.case = load_case('mrnet', case)
        self.metainfo = dict(classes=tuple(map(str, range(int(self.case['param_num_classes'])))))
        self.source = self.target = self.case['in_source_image']

    def full_init(self) -> None:
        pass

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index) -> dict:
        k = index.position % len(self)
        labeled_view = 'source' if self.case.name.startswith('stage1') else 'labeled'
        labeled = SegDataSample(gt_sem_seg=PixelData(data=torch.from_numpy(self.case['in_source_label'][k])[None]))
        return dict(
            inputs={
                view: torch.from_numpy(self.case[f'in_{key}_image'][k])
                for view, key in ((labeled_view, 'source'), ('target', 'target'))
            },
            data_samples={labeled_view: labeled, 'target': SegDataSample()},
        )


@MODELS.register_module()
class Float64Preprocessor(UDADataPreprocessor):
    def forward(self, data: dict, training: bool = False) -> dict:
        data = super().forward(data, training)
        data['inputs'] = {view: images.double() for view, images in data['inputs'].items()}
        return data


@HOOKS.register_module()
class GoldenStart(Hook):
    """Put the run at the fixture's iteration, weights and precision; record what the step does."""

    priority = 'LOWEST'

    def __init__(self, case: str, iteration: int) -> None:
        self.case, self.iteration = case, iteration

    def before_train(self, runner: Runner) -> None:
        runner.train_loop._iter = self.iteration
        runner.model.double()
        runner.model.load_state_dict(convert(start_state()), strict=False)
        hook = next((h for h in runner.hooks if type(h).__name__ == 'DiscriminatorHook'), None)
        schedulers = list(runner.param_schedulers)
        if hook is not None:
            for name, key in (('aux', 'D1'), ('main', 'D2')):
                hook.discriminators[name].double().load_state_dict(discriminator_state(key))
                schedulers += hook.schedulers[name]
        for scheduler in schedulers:
            scheduler.last_step = self.iteration - 1
            scheduler.step()

        self.grads, self.lrs, self.weights = {}, set(), None
        runner.optim_wrapper.optimizer.register_step_pre_hook(
            lambda optimizer, *_: self.keep(runner.model, 'student.', optimizer)
        )
        if hook is not None:
            for key, name in (('D1', 'aux'), ('D2', 'main')):
                hook.optim_wrappers[name].optimizer.register_step_pre_hook(
                    lambda optimizer, *_, key=key, name=name: self.keep(hook.discriminators[name], key, optimizer)
                )
        weights = next(m for m in runner.model.modules() if type(m).__name__ == 'ClassBalanceWeights')
        weights.register_forward_hook(lambda module, _, output: setattr(self, 'weights', output))
        self.class_weights, self.discriminator_hook = weights, hook

    def keep(self, module, prefix, optimizer) -> None:
        prefix = '' if prefix == 'student.' else prefix + '.'
        # Clearing gradients lets go of them: what is kept here stays as it is.
        self.grads.update({prefix + name: p.grad for name, p in module.named_parameters() if p.grad is not None})
        self.lrs |= {(prefix, group['lr']) for group in optimizer.param_groups}

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        self.outputs = {key: float(value) for key, value in outputs.items()}
        runner.train_loop.stop_training = True  # its length stays the shipped one, of which `begin` is a share


def discriminator_state(prefix: str) -> dict:
    """Weights of a discriminator, which are drawn under its names with the prefix."""
    state = original_state(load_case('mrnet', 'ms_discriminator'), prefix=f'{prefix}.')
    return {discriminator_name(name.removeprefix(f'{prefix}.')): value for name, value in state.items()}


def take_settings(cfg: Config, case: Case, memory: float) -> None:
    """Give the shipped config the settings of the fixture (tests/test_published_configs.py checks its own)."""
    cfg.model.data_preprocessor = dict(type='Float64Preprocessor')
    cfg.model.segmentor.backbone.init_cfg = None
    cfg.model.segmentor.backbone.norm_cfg.requires_grad = bool(case['param_train_bn'])
    cfg.model.segmentor.decode_head.dropout_ratio = 0.0
    cfg.model.segmentor.decode_head.num_classes = int(case['param_num_classes'])
    cfg.optim_wrapper.optimizer.lr = float(case['param_base_lr'])
    cfg.param_scheduler.warmup_iters = int(case['param_warm_up'])
    cfg.param_scheduler.max_iters = int(case['param_num_steps'])
    for objective in cfg.model.objectives:
        if 'class_weights' in objective:
            objective.class_weights.max_weight = float(case['param_max_value'])
        if objective.type == 'Supervision':
            objective.weights = dict(aux=float(case['param_lambda_seg']), main=1.0)
            objective.loss.percentile = float(case['param_only_hard_label'])
        if objective.type == 'RectifiedSupervision':
            objective.loss.aux_weight = float(case['param_lambda_seg'])
        if objective.type == 'AdversarialAlignment':
            objective.weights = dict(aux=float(case['param_lambda_adv1']), main=float(case['param_lambda_adv2']))
        if objective.type == 'MemoryRegularization':
            objective.weight = memory
    for hook in cfg.custom_hooks:
        if hook.type == 'DiscriminatorHook':
            hook.param_scheduler.max_iters = int(case['param_num_steps'])


@cache
def start_state() -> dict[str, torch.Tensor]:
    """The weights that every step case starts from, under the original's names."""
    gains = {float(load_case('mrnet', case)['param_bn3_gain']) for case, _ in RUNS}
    assert len(gains) == 1
    return original_state(load_case('mrnet', RUNS[0][0]), 'deeplab_multi')


@cache
def our_names() -> dict[str, str]:
    """Original name to ours, read off the converter."""
    original = start_state()
    where = {id(value): name for name, value in original.items()}
    return {where[id(value)]: name for name, value in convert(original).items()}


def run(case_name: str, when: str, work_dir: str) -> SimpleNamespace:
    case = load_case('mrnet', case_name)
    iteration = int(case[f'param_iteration_{when}'])
    memory = float(case[f'param_lambda_kl_{when}'])
    # The GTA5 config has no memory term in the rectified stage, the SYNTHIA config has it.
    name = 'gta2cs' if case_name.startswith('stage1') else ('synthia2cs' if memory else 'gta2cs') + '_rectified'
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    cfg.work_dir = work_dir
    take_settings(cfg, case, memory)
    cfg.train_dataloader = dict(
        batch_size=len(case['in_source_image']),
        num_workers=0,
        sampler=dict(type='UDASampler'),
        dataset=dict(type='GoldenPairs', case=case_name),
    )
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator', 'test_dataloader', 'test_cfg', 'test_evaluator'):
        cfg.pop(key)
    cfg.default_hooks.pop('visualization')
    cfg.default_hooks.checkpoint = None
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type == 'DiscriminatorHook']
    cfg.custom_hooks.append(dict(type='GoldenStart', case=case_name, iteration=iteration))
    with pytest.MonkeyPatch.context() as patch:
        kinds = [objective.type for objective in cfg.model.objectives]
        logits = record_logits(patch, stops_at_features='BatchNormUpdate' in kinds and not memory)
        runner = Runner.from_cfg(cfg)
        runner.train()
    hook = next(h for h in runner.hooks if isinstance(h, GoldenStart))
    return SimpleNamespace(
        case=case, when=when, hook=hook, logits=logits, state=runner.model.state_dict(), optimizer_cfg=cfg.optim_wrapper
    )


def record_logits(patch: pytest.MonkeyPatch, stops_at_features: bool) -> dict[str, dict[str, torch.Tensor]]:
    """Record what the step's two forward passes return.

    Args:
        patch (pytest.MonkeyPatch): Of the run.
        stops_at_features (bool): Whether the pass of the target does, so that its logits are asked for here.
    """
    logits, views, passes = {}, iter(('source', 'target')), []
    extract_feat, forward = EncoderDecoder.extract_feat, DualClassifierHead.forward

    def extract(student, images):
        features = extract_feat(student, images)
        passes.append((next(views), images.shape[2:]))
        if stops_at_features and passes[-1][0] == 'target':
            with torch.no_grad():
                student.decode_head(features)
        return features

    def classify(head, features):
        out, (view, size) = forward(head, features), passes[-1]
        logits[view] = {
            name: F.interpolate(value.detach(), size, mode='bilinear', align_corners=True)
            for name, value in out.items()
        }
        return out

    patch.setattr(EncoderDecoder, 'extract_feat', extract)
    patch.setattr(DualClassifierHead, 'forward', classify)
    return logits


@pytest.fixture(params=RUNS, ids='-'.join, scope='module')
def step(request, tmp_path_factory) -> SimpleNamespace:
    gc.collect()  # the runner before is full of cycles and, of this size, holds more than a gigabyte
    return run(*request.param, str(tmp_path_factory.mktemp('step')))


def check(step, key, got, tolerance=TOLERANCE):
    assert_close(got, step.case[f'out_{step.when}_{key}'], tolerance, key)


def recorded(step, prefix):
    """``name -> array`` of the fixture's entries ``<prefix>.<name>`` for this iteration."""
    return step.case.starting_with(f'out_{step.when}_{prefix}.')


def first_entries(tensor, like):
    return tensor.detach().flatten()[: like.size].reshape(like.shape)


def is_stage1(step):
    return step.hook.discriminator_hook is not None


def test_supervised_losses(step):
    prefix = 'source' if is_stage1(step) else 'rectified'
    check(step, 'loss_seg_main', step.hook.outputs[f'{prefix}.loss_main'])
    check(step, 'loss_seg_aux', step.hook.outputs[f'{prefix}.loss_aux'] / float(step.case['param_lambda_seg']))


def test_memory_loss_acts_from_its_first_iteration_on(step):
    weight = float(step.case[f'param_lambda_kl_{step.when}'])
    loss = step.hook.outputs.get('memory.loss', 0.0)
    check(step, 'loss_kl', loss / weight if weight else loss)


def test_adversarial_losses(step):
    for name, key in (('aux', 'D1'), ('main', 'D2')):
        if is_stage1(step):
            weight = float(step.case[f'param_lambda_adv{key[1]}'])
            loss = step.hook.outputs[f'adversarial.loss_{name}'] / weight
        else:  # reported by the original, weight 0
            discriminator = MultiScaleDiscriminator(int(step.case['param_num_classes'])).double()
            discriminator.load_state_dict(discriminator_state(key))
            with torch.no_grad():
                loss = LSGANLoss().generator(discriminator(step.logits['target'][name].softmax(1)))
        check(step, f'loss_adv_{name}', loss)


def test_no_other_loss(step):
    check(step, 'loss_me', step.hook.outputs.get('entropy.loss', 0.0))
    terms = sum(value for key, value in step.hook.outputs.items() if '.loss' in key)
    assert step.hook.outputs['loss'] == pytest.approx(terms, rel=1e-12)


def test_logits(step):
    for view in ('source', 'target'):
        for name, logits in step.logits[view].items():
            check(step, f'pred_{view}_{name}', logits[..., ::STRIDE, ::STRIDE])


def test_class_weights(step):
    check(step, 'class_weight', step.hook.weights)
    check(step, 'often_ema', step.hook.class_weights.absence)


def test_validation_loss(step):
    labels = torch.from_numpy(step.case['in_target_label']).long()
    check(
        step,
        'val_loss',
        F.cross_entropy(step.logits['target']['main'], labels, weight=step.hook.weights, ignore_index=255),
    )


def test_mining_thresholds(step):
    if not is_stage1(step):
        assert f'out_{step.when}_mining_threshold' not in step.case
        return
    labels = torch.from_numpy(step.case['in_source_label']).long()
    losses = [
        F.cross_entropy(
            step.logits['source'][name], labels, weight=step.hook.weights, ignore_index=255, reduction='none'
        )
        for name in ('aux', 'main')
    ]
    q = float(step.case['param_only_hard_label'])
    check(step, 'mining_threshold', [float(hard_pixels(loss, labels, q)[1]) for loss in losses])


def test_learning_rates(step):
    assert_close(
        sorted(lr for prefix, lr in step.hook.lrs if not prefix),
        [step.case[f'out_{step.when}_lr_{part}'] for part in ('backbone', 'head')],
        1e-12,
    )
    discriminators = {lr for prefix, lr in step.hook.lrs if prefix}
    assert len(discriminators) == is_stage1(step)
    for lr in discriminators:
        check(step, 'lr_disc', lr, 1e-12)


def test_gradients(step):
    entries = {name: value for name, value in recorded(step, 'grad').items() if not name.startswith('D')}
    assert entries
    for name, value in entries.items():
        assert_close(first_entries(step.hook.grads[our_names()[name]], value), value, TOLERANCE, name)


def test_frozen_parameters_have_no_gradient(step):
    with_gradient = {our_names()[name] for name in step.case['param_sample_params']} & set(step.hook.grads)
    assert with_gradient == {our_names()[name] for name in recorded(step, 'grad') if not name.startswith('D')}


@pytest.mark.parametrize('rule', ['torch17', 'torch14', 'torch213'])
def test_parameters_after_the_step(step, rule):
    entries = recorded(step, f'after_{rule}')
    assert entries
    for name, value in entries.items():
        after = step.state[our_names()[name]] if rule == 'torch17' else other_rule(step, name, rule)
        before = first_entries(start_value(name), value)
        # Of the update, not of the value: the rules differ by far less than a weight.
        assert_close(first_entries(after, value) - before, torch.from_numpy(value) - before, 1e-7, name)


def start_value(name):
    return start_state()[name].double()


def other_rule(step, name, rule):
    """Step from the recorded gradient; the shipped config has the default rule."""
    param = torch.nn.Parameter(start_value(name))
    param.grad = step.hook.grads.get(our_names()[name])
    options = dict(step.optimizer_cfg.optimizer, repeat_rule=rule)
    options.pop('type')
    lr_backbone, lr_head = sorted(lr for prefix, lr in step.hook.lrs if not prefix)
    custom = next(
        (
            value
            for key, value in sorted(
                step.optimizer_cfg.paramwise_cfg.custom_keys.items(), key=lambda item: -len(item[0])
            )
            if key in our_names()[name]
        ),
        {},
    )
    options['lr'] = lr_head if 'lr_mult' in custom else lr_backbone
    RepeatedSGD([param], **options, repeat=custom.get('repeat', 1)).step()
    return param


def test_batch_norm_buffers(step):
    entries = recorded(step, 'after')
    buffers = {name: value for name, value in entries.items() if not name.startswith('D')}
    assert set(buffers) == set(step.case['param_sample_buffers'].tolist())
    for name, value in buffers.items():
        assert_close(first_entries(step.state[our_names()[name]], value), value, TOLERANCE, name)


def test_discriminators(step):
    grads = {name: value for name, value in recorded(step, 'grad').items() if name.startswith('D')}
    assert bool(grads) == is_stage1(step)
    if not is_stage1(step):
        return
    discriminators = step.hook.discriminator_hook.discriminators
    for key, name in (('D1', 'aux'), ('D2', 'main')):
        check(step, f'loss_{key.lower()}', step.hook.outputs[f'adversarial.discriminator_loss_{name}'])
        state = discriminators[name].state_dict()
        for original in step.case['param_sample_disc']:
            ours, full = discriminator_name(str(original)), f'{key}.{original}'
            assert_close(first_entries(step.hook.grads[f'{key}.{ours}'], grads[full]), grads[full], TOLERANCE, full)
            after = recorded(step, 'after')[full]
            assert_close(first_entries(state[ours], after), after, TOLERANCE, full)
