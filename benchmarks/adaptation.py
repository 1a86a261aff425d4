"""The methods on one small task, over several seeds.

Runs the shipped configs ``configs/<task>/<method>.py`` through ``tools/train.py``, each in a process of its own, and
writes what was measured as Markdown tables: mIoU (mean and spread over seeds), IoU per class, wall time, peak memory;
for self-training also mIoU per round and the portion of each class that was labeled. Beside the trained models it
reports source-only models with BatchNorm statistics re-estimated on the unlabeled target images. The number is
always that of the last checkpoint on the target's validation images.

    python benchmarks/adaptation.py toy --seeds 0 1 2
    python benchmarks/adaptation.py camvid --seeds 0 1 2 --methods source_only st cbst

A run whose result is there already is not repeated, so that the script can be stopped and started again. A method that
starts from another needs that one before it in the list.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.runner import Runner  # noqa: E402

from mmuda.engine.checkpoints import latest_checkpoint  # noqa: E402
from mmuda.engine.hooks import AdaptiveBatchNormHook  # noqa: E402

# Title and where the run starts: the method whose checkpoint the config's first hook loads.
METHODS = dict(
    source_only=('source only', None),
    source_only_bn=('source only, BN statistics of the target', 'source_only'),
    source_only_colors=('source only, random colors', None),
    source_only_colors_bn=('the same, BN statistics of the target', 'source_only_colors'),
    source_continued=('source only, 600 iterations more', 'source_only'),
    source_continued_bn=('the same, BN statistics of the target', 'source_continued'),
    source_continued_colors=('source only, 600 iterations more, random colors', 'source_only'),
    source_continued_colors_bn=('the same, BN statistics of the target', 'source_continued_colors'),
    mrnet=('MRNet stage 1', None),
    mrnet_classmix=('MRNet stage 1 with ClassMix', None),
    mrnet_stage2=('MRNet stage 2', 'mrnet'),
    mrnet_rectified=('MRNet+Rectifying', 'mrnet'),
    st=('ST', 'source_only'),
    cbst=('CBST', 'source_only'),
    cbst_sp=('CBST-SP', 'source_only'),
    crst_mrkld=('CRST-MRKLD', 'source_only'),
    crst_lrent=('CRST-LRENT', 'source_only'),
    dacs=('DACS', 'source_only'),
    ensemble=('student, channel-wise fusion', 'source_only'),
    ensemble_certainty=('student, mean certainty', 'source_only'),
    ensemble_majority=('student, majority', 'source_only'),
)
TEACHERS = ('mrnet_rectified', 'dacs', 'crst_mrkld', 'cbst')  # in the order of configs/<task>/ensemble.py
NOT_TRAINED = [method for method in METHODS if method.endswith('_bn')]
SCALES = dict(toy=(257, 129), camvid=(257, 193))  # size of the tested images


def work_dir(root: Path, task: str, seed: int, method: str) -> Path:
    return root / task / f'seed{seed}' / method


def train(root: Path, task: str, seed: int, method: str) -> None:
    """Train one config; leaves ``cost.json`` with seconds and MiB."""
    folder = work_dir(root, task, seed, method)
    if (folder / 'cost.json').is_file():
        return
    options = [f'randomness.seed={seed}']
    start = METHODS[method][1]
    if start is not None:
        options.append(f'custom_hooks.0.work_dir={work_dir(root, task, seed, start)}')
    if method.startswith('ensemble'):
        options += [
            f'train_cfg.labels.teachers.{i}.work_dir={work_dir(root, task, seed, teacher)}'
            for i, teacher in enumerate(TEACHERS)
        ]
    command = [sys.executable, 'tools/train.py', f'configs/{task}/{method}.py', '--work-dir', str(folder)]
    if latest_checkpoint(str(folder)):
        command.append('--resume')
    folder.mkdir(parents=True, exist_ok=True)
    print(f'{task}, seed {seed}: {method}', flush=True)
    begin = time.monotonic()
    with open(folder / 'output.txt', 'w') as output:
        process = subprocess.Popen(
            [*command, '--cfg-options', *options], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f'{method} failed, see {folder / "output.txt"}')
    cost = dict(seconds=time.monotonic() - begin, mib=usage.ru_maxrss / 1024)
    (folder / 'cost.json').write_text(json.dumps(cost))


def evaluate(root: Path, task: str, seed: int, method: str) -> dict[str, float]:
    """IoU per class and mIoU, in percent, of the last checkpoint."""
    folder = work_dir(root, task, seed, method)
    path = folder / 'iou.json'
    if not path.is_file():
        checkpoint_method = METHODS[method][1] if method in NOT_TRAINED else method
        cfg = Config.fromfile(ROOT / 'configs' / task / f'{checkpoint_method}.py')
        cfg.work_dir = str(folder)
        trained = work_dir(root, task, seed, checkpoint_method)
        cfg.load_from = latest_checkpoint(str(trained))
        if cfg.load_from is None:
            raise FileNotFoundError(f'{trained} has no checkpoint: train it first')
        cfg.default_hooks.pop('visualization')
        cfg.log_level = 'WARNING'
        cfg.experiment_name = f'{task}-{seed}-{method}'
        if method in NOT_TRAINED:  # configs of source-only have no target
            other = Config.fromfile(ROOT / 'configs' / task / 'dacs.py')
            cfg.train_dataloader.dataset.target = other.train_dataloader.dataset.target
        runner = Runner.from_cfg(cfg)
        if method in NOT_TRAINED:
            runner.load_or_resume()
            AdaptiveBatchNormHook(scale=SCALES[task]).before_train(runner)
        result = runner.test()
        iou = dict(runner.test_evaluator.metrics[0].iou_per_class, mIoU=result['mIoU'])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(iou))
    return json.loads(path.read_text())


def table(rows: list[list[str]], header: list[str]) -> str:
    lines = ['| ' + ' | '.join(row) + ' |' for row in [header, ['---'] * len(header), *rows]]
    return '\n'.join(lines)


def report(root: Path, task: str, seeds: list[int], methods: list[str]) -> str:
    results = {method: [evaluate(root, task, seed, method) for seed in seeds] for method in methods}
    summary, per_class = [], []
    for method in methods:
        title = METHODS[method][0]
        values = [result['mIoU'] for result in results[method]]
        costs = (
            [json.loads((work_dir(root, task, seed, method) / 'cost.json').read_text()) for seed in seeds]
            if method not in NOT_TRAINED
            else []
        )
        summary.append(
            [
                title,
                f'{np.mean(values):.2f}',
                f'{np.std(values):.2f}',
                ', '.join(f'{value:.2f}' for value in values),
                f'{np.mean([cost["seconds"] for cost in costs]):.0f}' if costs else '-',
                f'{max(cost["mib"] for cost in costs):.0f}' if costs else '-',
            ]
        )
        per_class.append(
            [title]
            + [
                f'{np.mean([result[name] for result in results[method]]):.1f}'
                for name in results[method][0]
                if name != 'mIoU'
            ]
        )
    names = [name for name in results[methods[0]][0] if name != 'mIoU']
    header = ['method', 'mIoU', 'spread', f'seeds {", ".join(map(str, seeds))}', 'seconds', 'peak MiB']
    parts = [
        table(summary, header),
        table(per_class, ['IoU', *names]),
        report_rounds(root, task, seeds, methods, names),
    ]
    return '\n\n'.join(part for part in parts if part) + '\n'


def report_rounds(root: Path, task: str, seeds: list[int], methods: list[str], names: list[str]) -> str:
    """mIoU after every round, and the labeled part of the pixels predicted as each class, means over seeds."""
    scores, portions = [], []
    for method in methods:
        rounds = [
            [
                json.loads(path.read_text())
                for path in sorted(work_dir(root, task, seed, method).glob('round_*/round.json'))
            ]
            for seed in seeds
        ]
        if not rounds[0] or 'class_pixels' not in rounds[0][0]['labels']:
            continue
        scores.append(
            [METHODS[method][0]]
            + [f'{np.mean([each["evaluation"]["mIoU"] for each in turn]):.2f}' for turn in zip(*rounds)]
        )
        labeled, predicted = (
            np.sum([turns[-1]['labels'][key] for turns in rounds], axis=0) for key in ('labeled_pixels', 'class_pixels')
        )
        portions.append(
            [METHODS[method][0]] + [f'{part / whole:.2f}' if whole else '-' for part, whole in zip(labeled, predicted)]
        )
    if not scores:
        return ''
    header = ['mIoU after', *(f'round {i}' for i in range(len(scores[0]) - 1))]
    return f'{table(scores, header)}\n\n{table(portions, ["labeled, last round", *names])}'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('task', choices=SCALES)
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument('--methods', nargs='+', choices=METHODS, default=list(METHODS))
    parser.add_argument('--root', type=Path, default=ROOT / 'work_dirs' / 'benchmark')
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    for seed in arguments.seeds:
        for method in arguments.methods:
            if method not in NOT_TRAINED:
                train(root, arguments.task, seed, method)
    print(report(root, arguments.task, arguments.seeds, arguments.methods))


if __name__ == '__main__':
    main()
