"""The shipped toy configs, shrunk so that a test can run them through the real runner, hooks and loop."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from mmcv.transforms import BaseTransform
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS, RUNNERS, TRANSFORMS

from mmuda.toy_data import write_toy_data
from tests.helpers.forked import run_script

REPO = Path(__file__).parents[2]
CROP = (48, 64)
TINY = {
    'train_dataloader.batch_size': 2,
    'train_dataloader.num_workers': 0,
    'train_dataloader.persistent_workers': False,
    # A network with statistics, which a checkpoint has to keep.
    'model.segmentor.backbone': dict(
        type='ResNet',
        depth=18,
        base_channels=8,
        stem_channels=8,
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 2),
        out_indices=(2, 3),
        norm_cfg=dict(_delete_=True, type='BN', requires_grad=True),
    ),
    'model.segmentor.neck': None,
    'model.segmentor.decode_head.in_channels': (32, 64),
    'model.segmentor.decode_head.in_index': (0, 1),
    'model.segmentor.decode_head.channels': 32,
}


class Killed(Exception):
    """The end of a run in the middle."""


@HOOKS.register_module()
class KillAt(Hook):
    """End the run after some iteration: by an exception, or by SIGKILL for a run in its own process."""

    priority = 'LOWEST'

    def __init__(self, iteration: int, hard: bool = False) -> None:
        self.iteration, self.hard = iteration, hard

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        if runner.iter + 1 == self.iteration:
            if self.hard:
                os.kill(os.getpid(), 9)
            raise Killed


@HOOKS.register_module()
class RecordImages(Hook):
    """Append the images and the crops' pixel sums of every iteration to a file of the work dir."""

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        entries = [
            f'{view}:{Path(sample.img_path).name}:{int(image.long().sum())}'
            for view in data_batch['inputs']
            for image, sample in zip(data_batch['inputs'][view], data_batch['data_samples'][view])
        ]
        with open(Path(runner.work_dir) / 'images.txt', 'a') as file:
            file.write(f'{runner.iter} {" ".join(entries)}\n')


@TRANSFORMS.register_module()
class IgnoreRows(BaseTransform):
    """Ignore the labels of the upper rows, another number of them in every sample."""

    def transform(self, results: dict) -> dict:
        labels = results['gt_seg_map']
        labels[: int(torch.randint(len(labels) * 3 // 4, ()))] = 255
        return results


@TRANSFORMS.register_module()
class LabelEverything(BaseTransform):
    """Leave no pixel ignored."""

    def transform(self, results: dict) -> dict:
        results['gt_seg_map'][results['gt_seg_map'] == 255] = 0
        return results


def make_data(folder: Path) -> Path:
    """Four labeled source, four target training and two validation images of 96x64."""
    return write_toy_data(folder / 'toy', num_train=4, num_val=2, size=(96, 64), domains=('gta', 'cityscapes'))


def tiny_config(data: Path, work_dir: Path, name: str = 'mrnet', **options: Any) -> Config:
    """Config ``configs/toy/<name>.py`` on a network of a few thousand weights; two iterations by default.

    It starts from random weights, and its supervision balances the classes, which gives objectives a state.

    Args:
        data (Path): What :func:`make_data` returned.
        work_dir (Path): Of the run.
        name (str): One of the toy configs.
        **options: Dotted keys to set, with ``__`` instead of dots.
    """
    cfg = Config.fromfile(REPO / 'configs' / 'toy' / f'{name}.py')
    cfg.work_dir = str(work_dir)
    cfg.experiment_name = uuid.uuid4().hex  # mmengine keeps its singletons under this name
    cfg.merge_from_dict(
        {
            'log_level': 'WARNING',
            'train_cfg.max_iters': 2,
            **TINY,
        }
    )
    # Adam turns rounding noise of vanishing gradients into whole steps: runs could not be compared to 1e-5.
    cfg.optim_wrapper.optimizer = dict(type='SGD', lr=0.02, momentum=0.9, weight_decay=5e-4, nesterov=True)
    for objective in cfg.model.objectives:
        objective.pop('begin', None)
        if objective.type in ('Supervision', 'RectifiedSupervision'):
            objective.class_weights = dict(type='ClassBalanceWeights', min_pixels=256, often_balance=True)
        if 'maps' in objective:
            objective.maps.pop('resolution', None)  # logits of a few pixels are too small
    shrink_data(cfg, data)
    cfg.custom_hooks = without_stages(cfg)
    for hook in cfg.custom_hooks:
        if hook.type == 'DiscriminatorHook':
            hook.discriminator.base_channels = 4
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator', 'test_dataloader', 'test_cfg', 'test_evaluator'):
        cfg.pop(key)
    del cfg.default_hooks['visualization']
    cfg.merge_from_dict({key.replace('__', '.'): value for key, value in options.items()})
    return cfg


def small_dacs_config(data: Path, work_dir: Path, name: str = 'dacs', **options: Any) -> Config:
    """As :func:`tiny_config`, of a method with ClassMix: the images that it pairs have one size."""
    cfg = tiny_config(data, work_dir, name, **options)
    cfg.train_dataloader.dataset.target.pipeline[1].scale = CROP[::-1]
    return cfg


def tiny_self_training_config(data: Path, work_dir: Path, name: str = 'cbst', **options: Any) -> Config:
    """Rounds of self-training of ``configs/toy/<name>.py``: two of three iterations, from random weights.

    Args:
        data (Path): What :func:`make_data` returned.
        work_dir (Path): Of the run.
        name (str): One of the toy configs of self-training.
        **options: Dotted keys to set, with ``__`` instead of dots.
    """
    cfg = Config.fromfile(REPO / 'configs' / 'toy' / f'{name}.py')
    cfg.work_dir = str(work_dir)
    cfg.experiment_name = uuid.uuid4().hex  # mmengine keeps its singletons under this name
    cfg.merge_from_dict({'log_level': 'WARNING', 'train_cfg.num_rounds': 2, 'train_cfg.iterations': 3, **TINY})
    cfg.optim_wrapper.optimizer = dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)
    cfg.train_cfg.pop('learning_rate', None)  # the default rates of rounds
    predictor = cfg.train_cfg.labels.predictor
    predictor.update(dict(scales=[(96, 64)]) if 'scales' in predictor else dict(scale=(96, 64)))
    shrink_data(cfg, data)
    cfg.custom_hooks = without_stages(cfg)
    del cfg.default_hooks['visualization']
    cfg.merge_from_dict({key.replace('__', '.'): value for key, value in options.items()})
    return cfg


def without_stages(cfg: Config) -> list[dict]:
    """The custom hooks without those that find an earlier stage."""
    return [hook for hook in cfg.get('custom_hooks', []) if hook.type != 'StageCheckpointHook']


def shrink_data(cfg: Config, data: Path) -> None:
    """Put every dataset of ``cfg`` under ``data`` and make its crops small."""

    def visit(node: Any) -> None:
        if isinstance(node, dict):
            if 'data_root' in node:
                node['data_root'] = node['data_root'].replace('data/toy', str(data))
            if node.get('type') == 'JitteredResize':
                node['scale'] = (96, 64)
            if node.get('type') == 'Resize':
                node['scale'] = (96, 64)
            if node.get('type') in ('HardSampleCrop', 'CenteredMiningCrop'):
                node['crop_size'] = CROP
            node = list(node.values())
        for child in node if isinstance(node, list) else ():
            visit(child)

    for key in ('train_dataloader', 'val_dataloader', 'test_dataloader', 'test_pipeline'):
        visit(cfg[key])


def add_hook(cfg: Config, **hook: Any) -> Config:
    """Add a custom hook; returns ``cfg``."""
    cfg.custom_hooks = [*cfg.get('custom_hooks', []), hook]
    return cfg


def train(cfg: Config) -> Runner:
    """Train in this process."""
    runner = RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)
    runner.train()
    return runner


def hook_of(runner: Runner, name: str) -> Hook:
    """The runner's hook of this class."""
    return next(hook for hook in runner.hooks if type(hook).__name__ == name)


def run_tool(*command: object, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    """Run a command line on the CPU, with the tests importable.

    A Python script runs in a forked process, which need not import torch; not so where ``PYTHONPATH`` is given.
    """
    env = {
        **os.environ,
        'CUDA_VISIBLE_DEVICES': '',
        'OMP_NUM_THREADS': '1',
        'PYTHON': sys.executable,
        'PYTHONPATH': str(REPO),
        **env,
    }
    program, *arguments = (str(part) for part in command)
    if program == sys.executable and env['PYTHONPATH'] == str(REPO):
        return run_script(*arguments, cwd=cwd, env=env)
    return subprocess.run([program, *arguments], cwd=cwd, env=env, capture_output=True, text=True)


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """Names of the files that this process opens."""
    opened, recording = [], [True]  # an audit hook stays for good
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' and recording else None)
    yield opened
    recording.clear()


def load(path: Path) -> dict:
    """A checkpoint that a test wrote."""
    return torch.load(path, map_location='cpu', weights_only=False)


def assert_same(got: Any, want: Any, where: str = '') -> None:
    """Nested containers of tensors are equal bit for bit."""
    if isinstance(want, torch.Tensor):
        assert torch.equal(got, want), f'{where}: differs by {(got - want).abs().max()}'
    elif isinstance(want, dict):
        assert list(got) == list(want), f'{where}: {list(got)} and {list(want)}'
        for key in want:
            assert_same(got[key], want[key], f'{where}.{key}')
    elif isinstance(want, list | tuple):
        assert len(got) == len(want), where
        for index, pair in enumerate(zip(got, want)):
            assert_same(*pair, f'{where}[{index}]')
    else:
        assert got == want, f'{where}: {got} and {want}'
