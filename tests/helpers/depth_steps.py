"""Whole iterations of ADVENT, DADA, CTRL and Depth Distribution through a shipped config, runner and hooks."""

import gc
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.structures import PixelData
from mmseg.registry import DATASETS, HOOKS
from mmseg.structures import SegDataSample
from torch import Tensor

from mmuda.datasets.files.depth_files import inverse_depth
from tests.helpers.golden import Case, load_case, original_state, params_file, recipe
from tests.helpers.tolerances import assert_within
from tools.model_converters.advent_family import Release

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
EPSILON = 1.2e-7  # of float32, as the fixtures have it


def sample_entries(values: Tensor) -> Tensor:
    """Four entries of a tensor, as the fixtures take them."""
    flat = values.detach().flatten()
    return flat[[k * (flat.numel() - 1) // 3 for k in range(4)]].cpu()


@DATASETS.register_module()
class GoldenDomains:
    """One labeled source image and one target image per iteration.

    Args:
        family, case (str): The fixture.
    """

    def __init__(self, family: str, case: str) -> None:
        self.case = load_case(family, case)
        self.metainfo = dict(classes=tuple(map(str, range(int(self.case['param_num_classes'])))))
        self.source = self.target = self.case['in_image_source']

    def full_init(self) -> None:
        pass

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index) -> dict:
        k = index.position
        labeled = SegDataSample(gt_sem_seg=PixelData(data=torch.from_numpy(self.case['in_label_source'][k])[None]))
        if 'in_depth_cm_source' in self.case:
            depth = torch.from_numpy(inverse_depth(self.case['in_depth_cm_source'][k]))
            labeled.set_data(dict(depth=PixelData(data=depth[None])))
        return dict(
            inputs={view: torch.from_numpy(self.case[f'in_image_{view}'][k]) for view in ('source', 'target')},
            data_samples=dict(source=labeled, target=SegDataSample()),
        )


@HOOKS.register_module()
class DepthRecorder(Hook):
    """Put a run at the weights of a case; record every iteration.

    Args:
        load (Callable): Called with the runner before training.
    """

    priority = 'LOWEST'

    def __init__(self, load: Callable[[Runner], None]) -> None:
        self.load = load
        self.iterations: list[SimpleNamespace] = []

    def before_train(self, runner: Runner) -> None:
        self.load(runner)
        hook = next((hook for hook in runner.hooks if type(hook).__name__ == 'DiscriminatorHook'), None)
        self.models = dict(model=runner.model.student, **(dict(hook.discriminators.items()) if hook else {}))
        self.start = {key: copied(model.state_dict()) for key, model in self.models.items()}

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        self.iterations.append(
            SimpleNamespace(
                outputs={key: float(torch.as_tensor(value).detach()) for key, value in outputs.items()},
                states={key: copied(model.state_dict()) for key, model in self.models.items()},
            )
        )


def discriminator_start(family: str, channels: int, scaled: list[tuple[str, float]] | None = None) -> dict[str, Tensor]:
    """Weights under our names from which every discriminator of a family starts, with this number of input channels."""
    params = json.loads(params_file(family, 'discriminator').read_text())
    params[0]['shape'][1] = channels
    state = recipe().make_state(params, scaled=scaled or ())
    return {discriminator_name(name): torch.from_numpy(value) for name, value in state.items()}


def discriminator_name(name: str) -> str:
    """The published name of a weight of the discriminator, ``0.weight`` to ``8.bias``, to ours."""
    return name.replace('8.', 'classifier.') if name.startswith('8.') else f'features.{name}'


def copied(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}


def run_steps(
    cfg: Config,
    case: Case,
    release: Release,
    discriminators: dict[str, dict[str, Tensor]],
    dataset: dict,
    work_dir: str,
    rule: str,
    old_adam: bool = False,
    prepare: Callable[[Runner], None] | None = None,
) -> SimpleNamespace:
    """Train with the settings of a case.

    Args:
        cfg (Config): A shipped config whose method and loss weights are those of the case.
        case (Case): Its rates, momentum, schedule and start are taken.
        release (Release): The names of the network.
        discriminators (dict): State of each discriminator at the start.
        dataset (dict): Config of the images.
        work_dir (str): Of the run.
        rule (str): Of repeated updates; ignored where the optimizer has none.
        old_adam (bool): Adam of PyTorch 1.2, which adds epsilon before the correction of the bias.
        prepare (Callable): Called with the runner when the weights are loaded.

    Returns:
        SimpleNamespace: ``case``, ``start`` (states), ``iterations`` (``outputs``, ``states``), ``release``.
    """
    _take_settings(cfg, case, rule)
    cfg.train_dataloader = dict(batch_size=1, num_workers=0, sampler=dict(type='UDASampler'), dataset=dataset)
    _leave_out_the_rest(cfg, work_dir)
    original = original_state(case)

    def load(runner: Runner) -> None:
        runner.model.student.load_state_dict(release.convert(original), strict=True)
        _load_discriminators(runner, discriminators, old_adam)
        if prepare is not None:
            prepare(runner)

    start, iterations = _record(cfg, load)
    gc.collect()  # a runner is full of cycles, and of this size it holds gigabytes
    return SimpleNamespace(case=case, start=start, iterations=iterations, release=release)


def _take_settings(cfg: Config, case: Case, rule: str) -> None:
    """Let a config have the rates, momentum, schedule, length and classes of a case."""
    cfg.model.segmentor.decode_head.num_classes = int(case['param_num_classes'])
    cfg.optim_wrapper.optimizer.update({key: float(case[f'param_{key}']) for key in ('lr', 'momentum', 'weight_decay')})
    if cfg.optim_wrapper.optimizer.type == 'RepeatedSGD':
        cfg.optim_wrapper.optimizer.repeat_rule = rule
    schedule = dict(max_iters=int(case['param_max_iters']), power=float(case['param_power']))
    cfg.param_scheduler.update(schedule)
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type == 'DiscriminatorHook']
    for hook in cfg.custom_hooks:
        hook.optimizer.update(lr=float(case['param_lr_d']), betas=tuple(case['param_adam_betas'].tolist()))
        hook.param_scheduler.update(schedule)
    images = ('in_image_source', 'in_rgb_source', 'in_image')
    cfg.train_cfg.max_iters = len(next(case[key] for key in images if key in case))


def _leave_out_the_rest(cfg: Config, work_dir: str) -> None:
    """No pretrained weights, no preprocessing, no evaluation, no files."""
    cfg.work_dir = work_dir
    cfg.experiment_name = Path(work_dir).name
    cfg.model.data_preprocessor = dict(type='UDADataPreprocessor')
    cfg.model.segmentor.backbone.init_cfg = None
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator', 'test_dataloader', 'test_cfg', 'test_evaluator'):
        cfg.pop(key)
    cfg.default_hooks.pop('visualization')
    cfg.default_hooks.checkpoint = None


def _load_discriminators(runner: Runner, states: dict[str, dict[str, Tensor]], old_adam: bool) -> None:
    hook = next((hook for hook in runner.hooks if type(hook).__name__ == 'DiscriminatorHook'), None)
    for name, state in states.items():
        hook.discriminators[name].load_state_dict(state, strict=True)
        if old_adam:
            hook.optim_wrappers[name].optimizer.register_step_pre_hook(epsilon_before_correction())


def _record(cfg: Config, load: Callable[[Runner], None]) -> tuple[dict[str, dict[str, Tensor]], list[SimpleNamespace]]:
    """Train; return the states at the start, and what there was after each iteration."""
    runner = Runner.from_cfg(cfg)
    recorder = DepthRecorder(load)
    runner.register_hook(recorder)
    runner.train()
    return recorder.start, recorder.iterations


def epsilon_before_correction() -> Callable[..., None]:
    """A hook before each step of Adam that sets its epsilon to what that of PyTorch 1.2 amounts to."""
    steps = 0

    def set_epsilon(optimizer: torch.optim.Optimizer, *_: object) -> None:
        nonlocal steps
        steps += 1
        for group in optimizer.param_groups:
            group['eps'] = 1e-8 / (1 - group['betas'][1] ** steps) ** 0.5

    return set_epsilon


def check_trace(
    run: SimpleNamespace,
    model: str,
    key: str,
    names: dict[str, str],
    absolute: float,
    relative: float,
    norm: float = 2e-3,
    prefix: str = 'out_',
) -> None:
    """Compare sampled entries and norms of the change of every parameter and buffer of a model after each iteration.

    Args:
        run (SimpleNamespace): Result of :func:`run_steps`.
        model (str): ``model``, or the name of a discriminator.
        key (str): Of its arrays.
        names (dict): Published name -> ours; what is missing is not in ours.
        absolute, relative (float): Tolerance of the samples.
        norm (float): Relative tolerance of the norms of the change, beside the rounding of the weights.
        prefix (str): Of the arrays: ``out_`` or ``out_legacy_``.
    """
    case = run.case
    listed = [str(name) for name in case[f'param_names_{key}']]
    kept = [index for index, name in enumerate(listed) if name in names]
    ours = [names[listed[index]] for index in kept]
    samples, changes = case[f'{prefix}sample_{key}'], case[f'{prefix}change_l2_{key}']
    assert len(run.iterations) == len(samples)
    for index, iteration in enumerate(run.iterations):
        state = iteration.states[model]
        got = np.stack([sample_entries(state[name]) for name in ours])
        assert_within(got, samples[index][kept], absolute, relative, f'{key} after iteration {index}')
        for position, name in zip(kept, ours):
            before, after = run.start[model][name].double(), state[name].double()
            rounding = EPSILON * before.numel() ** 0.5 * float(before.abs().max())
            want = changes[index][position]
            assert_within((after - before).norm(), want, rounding, norm, f'change of {name} after iteration {index}')
