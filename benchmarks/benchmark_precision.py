"""A training step in float32 and in bfloat16, side by side in one run.

    python benchmarks/benchmark_precision.py configs/toy/mrnet.py [--size 129 257] [--batch-size 4] [--iterations 10]
        [--repeats 5] [--threads 1] [--layouts contiguous channels_last] [--maps images logits]
        [--layers 3] [--cfg-options KEY=VALUE ...]

CPU seconds per iteration (on a GPU: seconds) of model, objectives, discriminators, teacher and optimizer of a config,
with all of its objectives from the start, on random images, labels and depth; data loading does not count. Blocks of
``--iterations`` take turns; of each the first two are left out, of the others the median counts. ``--maps`` compares
the maps that discriminators see, instead of what the config says; ``--layers`` is the number of layers of an
FCDiscriminator with maps at the size of the logits, for those of images it is 5. A config with rounds of self-training
cannot be measured: take its source-only config.
"""

import argparse
import itertools
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch  # noqa: E402
from mmengine.config import Config, DictAction  # noqa: E402
from mmengine.hooks import Hook  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmengine.runner import Runner  # noqa: E402
from mmengine.structures import PixelData  # noqa: E402

import mmuda  # noqa: E402, F401

from mmseg.registry import DATASETS, HOOKS, MODELS  # isort: skip  # noqa: E402
from mmseg.structures import SegDataSample  # isort: skip  # noqa: E402
from mmuda.datasets import AdaptationDataset  # isort: skip  # noqa: E402

WARM_UP = 2


class Variant(NamedTuple):
    """What is measured."""

    precision: str
    layout: str
    maps: str


@DATASETS.register_module()
class RandomViews(AdaptationDataset):
    """Random images, labels and depth for every view.

    Args:
        names (list[str]): Of the views.
        size (tuple[int, int]): Height and width.
        num_classes (int): Of the labels.
    """

    def __init__(self, names: list[str], size: tuple[int, int], num_classes: int) -> None:
        self.names = names
        self.classes = tuple(map(str, range(num_classes)))
        self.source = self.target = range(16)
        generator = torch.Generator().manual_seed(0)
        self.images = torch.randint(256, (16, 3, *size), dtype=torch.uint8, generator=generator)
        self.labels = torch.randint(num_classes, (16, 1, *size), generator=generator)
        self.depth = torch.rand(16, 1, *size, generator=generator)

    views = property(lambda self: tuple(self.names))
    metainfo = property(lambda self: dict(classes=self.classes, palette=[(0, 0, 0)] * len(self.classes)))

    def parts(self) -> dict:
        return {}

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: object) -> dict:
        inputs, samples = {}, {}
        for offset, view in enumerate(self.names):
            k = (index.position + offset) % len(self)
            inputs[view] = self.images[k]
            samples[view] = SegDataSample(
                gt_sem_seg=PixelData(data=self.labels[k]),
                depth=PixelData(data=self.depth[k]),
                metainfo=dict(domain=('source', 'target')[k % 2], img_shape=tuple(self.images.shape[2:])),
            )
        return dict(inputs=inputs, data_samples=samples)


@HOOKS.register_module()
class Clock(Hook):
    """Note how long iterations take, hooks included, without data loading.

    Args:
        layout (str): Memory format of the student's weights.
    """

    priority = 'VERY_LOW'

    def __init__(self, layout: str) -> None:
        self.layout = layout
        self.seconds: list[float] = []

    def before_train(self, runner: Runner) -> None:
        if self.layout == 'channels_last':
            runner.model.to(memory_format=torch.channels_last)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        self.begin = now()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None, outputs: dict | None = None
    ) -> None:
        self.seconds.append(now() - self.begin)


def now() -> float:
    """Seconds of the CPU, which other programs do not change; those of the clock where a GPU works."""
    if not torch.cuda.is_available():
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def prepare(args: argparse.Namespace, variant: Variant, work_dir: str) -> Config:
    """Make the config of a block."""
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    if cfg.train_cfg.type != 'UDATrainLoop':
        sys.exit(f'{args.config} trains with {cfg.train_cfg.type}, expected UDATrainLoop')
    cfg.work_dir, cfg.experiment_name = work_dir, uuid.uuid4().hex
    cfg.log_level, cfg.load_from, cfg.param_scheduler = 'ERROR', None, []
    cfg.train_cfg = dict(type='UDATrainLoop', max_iters=args.iterations)
    cfg.optim_wrapper.type = 'OptimWrapper'
    if variant.precision == 'bfloat16':
        cfg.optim_wrapper.update(type='AmpOptimWrapper', dtype='bfloat16')
    cfg.model.segmentor.backbone.init_cfg = None
    for objective in cfg.model.objectives:
        objective.update(begin=0, end=None)
        if objective.type == 'AdversarialAlignment' and variant.maps != 'config':
            objective.maps = dict(objective.get('maps', dict(type='ClassifierProbabilities')), resolution=variant.maps)
    hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type == 'DiscriminatorHook']
    for hook in hooks:
        hook.param_scheduler = None
        if hook.discriminator.type == 'FCDiscriminator' and variant.maps != 'config':
            hook.discriminator.num_layers = args.layers if variant.maps == 'logits' else 5
    cfg.custom_hooks = [*hooks, dict(type='Clock', layout=variant.layout)]
    cfg.default_hooks = dict(teacher=cfg.default_hooks.teacher, **dict.fromkeys(('logger', 'checkpoint'), None))
    cfg.train_dataloader = dict(
        batch_size=args.batch_size,
        num_workers=0,
        sampler=dict(type='UDASampler'),
        dataset=dict(
            type='RandomViews',
            names=views_of(cfg),
            size=tuple(args.size),
            num_classes=cfg.model.segmentor.decode_head.num_classes,
        ),
    )
    for part in ('val', 'test'):
        for key in ('dataloader', 'cfg', 'evaluator'):
            cfg.pop(f'{part}_{key}', None)
    return cfg


def views_of(cfg: Config) -> list[str]:
    """Names of the views that the objectives of a config read."""
    init_default_scope('mmseg')
    objectives = MODELS.build(cfg.model).objectives
    made = {view for objective in objectives for view in objective.made_views}
    return sorted({view for objective in objectives for view in objective.views} - made)


def seconds_per_iteration(cfg: Config) -> list[float]:
    """Train a block and return what each iteration took."""
    runner = Runner.from_cfg(cfg)
    runner.train()
    clock = next(hook for hook in runner.hooks if isinstance(hook, Clock))
    return clock.seconds[WARM_UP:]


def variants(args: argparse.Namespace) -> Iterator[Variant]:
    """What is measured, in the order of the table."""
    return itertools.starmap(Variant, itertools.product(('float32', 'bfloat16'), args.layouts, args.maps))


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config')
    parser.add_argument('--size', type=int, nargs=2, default=(129, 257), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--batch-size', type=int, default=4)
    parser.add_argument('--iterations', type=int, default=10)
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--layouts', nargs='+', choices=['contiguous', 'channels_last'], default=['contiguous'])
    parser.add_argument('--maps', nargs='+', choices=['config', 'images', 'logits'], default=['config'])
    parser.add_argument('--layers', type=int, default=3)
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    return parser.parse_args()


def main() -> None:
    """Measure, compare, print."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    seconds: dict[Variant, list[float]] = {variant: [] for variant in variants(args)}
    with tempfile.TemporaryDirectory() as work_dir:
        for _ in range(args.repeats):
            for variant in seconds:
                seconds[variant] += seconds_per_iteration(prepare(args, variant, work_dir))
    medians = {variant: statistics.median(values) for variant, values in seconds.items()}
    first = next(iter(medians.values()))
    print('| precision | layout | maps | s per iteration | of the first |\n| --- | --- | --- | --- | --- |')
    for variant, median in medians.items():
        print(f'| {" | ".join(variant)} | {median:.3f} | {median / first:.2f} |')


if __name__ == '__main__':
    main()
