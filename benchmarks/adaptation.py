"""Source-only, MRNet and MRNet+Rectifying on one small task, over several seeds.

Runs the shipped configs through ``tools/train.py``, each in a process of its own, and writes what was
measured as Markdown tables: mIoU (mean and spread over seeds), IoU per class, wall time, peak memory. Beside
the trained models it reports the source-only model with BatchNorm statistics re-estimated on the unlabelled
target images. The number is always that of the last checkpoint on the target's validation images.

    python benchmarks/adaptation.py toy --seeds 0 1 2
    python benchmarks/adaptation.py camvid --seeds 0 1 2

A run whose result is there already is not repeated, so that the script can be stopped and started again.
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
import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.runner import Runner, find_latest_checkpoint  # noqa: E402

import mmuda  # noqa: E402, F401

METHODS = ('source_only', 'mrnet', 'mrnet_stage2', 'mrnet_rectified')
TITLES = dict(
    source_only='source only',
    source_only_bn='source only, BN statistics of the target',
    mrnet='MRNet stage 1',
    mrnet_stage2='MRNet stage 2',
    mrnet_rectified='MRNet+Rectifying')


def work_dir(root: Path, task: str, seed: int, method: str) -> Path:
    return root / task / f'seed{seed}' / method


def train(root: Path, task: str, seed: int, method: str) -> None:
    """Train one config; leaves ``cost.json`` with seconds and MiB."""
    folder = work_dir(root, task, seed, method)
    if (folder / 'cost.json').is_file():
        return
    options = [f'randomness.seed={seed}']
    if method in ('mrnet_stage2', 'mrnet_rectified'):
        options.append(f'custom_hooks.0.work_dir={work_dir(root, task, seed, "mrnet")}')
    command = [sys.executable, 'tools/train.py', f'configs/{task}/{method}.py', '--work-dir', str(folder)]
    if find_latest_checkpoint(str(folder)):
        command.append('--resume')
    folder.mkdir(parents=True, exist_ok=True)
    print(f'{task}, seed {seed}: {method}', flush=True)
    begin = time.monotonic()
    with open(folder / 'output.txt', 'w') as output:
        process = subprocess.Popen(
            [*command, '--cfg-options', *options], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
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
        checkpoint_method = method.removesuffix('_bn')
        cfg = Config.fromfile(ROOT / 'configs' / task / f'{checkpoint_method}.py')
        cfg.work_dir = str(folder)
        trained = work_dir(root, task, seed, checkpoint_method)
        cfg.load_from = find_latest_checkpoint(str(trained))
        if cfg.load_from is None:
            raise FileNotFoundError(f'{trained} has no checkpoint: train it first')
        cfg.default_hooks.pop('visualization')
        cfg.log_level = 'WARNING'
        cfg.experiment_name = f'{task}-{seed}-{method}'
        runner = Runner.from_cfg(cfg)
        if method.endswith('_bn'):
            runner.load_or_resume()
            reestimate_statistics(runner)
        result = runner.test()
        iou = dict(runner.test_evaluator.metrics[0].iou_per_class, mIoU=result['mIoU'])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(iou))
    return json.loads(path.read_text())


@torch.no_grad()
def reestimate_statistics(runner: Runner) -> None:
    """Average BatchNorm statistics over the unlabelled target training images."""
    target = runner.build_dataloader(runner.cfg.train_dataloader).dataset.target
    norms = [m for m in runner.model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average
    runner.model.train()
    for index in range(0, len(target) - 1, 2):
        pair = [target[index], target[index + 1]]
        data = runner.model.data_preprocessor(
            dict(inputs=[s['inputs'] for s in pair], data_samples=[s['data_samples'] for s in pair]), False)
        runner.model.extract_feat(data['inputs'])
    runner.model.eval()


def table(rows: list[list[str]], header: list[str]) -> str:
    lines = ['| ' + ' | '.join(row) + ' |' for row in [header, ['---'] * len(header), *rows]]
    return '\n'.join(lines)


def report(root: Path, task: str, seeds: list[int]) -> str:
    methods = list(TITLES)
    results = {method: [evaluate(root, task, seed, method) for seed in seeds] for method in methods}
    summary, per_class = [], []
    for method in methods:
        values = [result['mIoU'] for result in results[method]]
        costs = [json.loads((work_dir(root, task, seed, method) / 'cost.json').read_text())
                 for seed in seeds] if method in METHODS else []
        summary.append([
            TITLES[method], f'{np.mean(values):.2f}', f'{np.std(values):.2f}',
            ', '.join(f'{value:.2f}' for value in values),
            f'{np.mean([cost["seconds"] for cost in costs]):.0f}' if costs else '-',
            f'{max(cost["mib"] for cost in costs):.0f}' if costs else '-'])
        per_class.append([TITLES[method]] + [
            f'{np.mean([result[name] for result in results[method]]):.1f}' for name in results[method][0]
            if name != 'mIoU'])
    names = [name for name in results['mrnet'][0] if name != 'mIoU']
    header = ['method', 'mIoU', 'spread', f'seeds {", ".join(map(str, seeds))}', 'seconds', 'peak MiB']
    return f'{table(summary, header)}\n\n{table(per_class, ["IoU", *names])}\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('task', choices=['toy', 'camvid'])
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument('--root', type=Path, default=ROOT / 'work_dirs' / 'benchmark')
    arguments = parser.parse_args()
    for seed in arguments.seeds:
        for method in METHODS:
            train(arguments.root.resolve(), arguments.task, seed, method)
    print(report(arguments.root.resolve(), arguments.task, arguments.seeds))


if __name__ == '__main__':
    main()
