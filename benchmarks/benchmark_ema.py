"""The teacher's update as one fused call against loops over the parameters of DeepLab's ResNet-101, in one run.

    python benchmarks/benchmark_ema.py [--repeats 9] [--device cpu] [--threads 1]

`loop` is the update as published code writes it, with new tensors for every parameter; `loop in place` is one `lerp_`
per parameter, which moves as much memory as the fused call.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from mmengine.registry import init_default_scope
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import mmuda  # noqa: F401  (makes the installed stack work)

from mmseg.registry import MODELS  # isort: skip
from mmuda.engine.ema import ema_update_  # isort: skip

SHARE = 0.99


class CountCalls(TorchDispatchMode):
    """Counts the ATen calls made inside of it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_dispatch__(self, function: Callable, types: tuple, args: tuple = (), kwargs: dict | None = None):
        self.calls += 1
        return function(*args, **(kwargs or {}))


def network() -> torch.nn.Module:
    """DeepLab-v2's ResNet-101 with random weights."""
    init_default_scope('mmseg')
    return MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=dict(type='DeepLabResNet'),
            decode_head=dict(type='DeepLabV2Head', num_classes=19, in_index=3),
        )
    )


@torch.no_grad()
def loop(averages: list[Tensor], values: list[Tensor], share: float) -> None:
    """The update as it is usually written."""
    for average, value in zip(averages, values):
        average.copy_(share * average + (1 - share) * value)


@torch.no_grad()
def loop_in_place(averages: list[Tensor], values: list[Tensor], share: float) -> None:
    """One call per parameter."""
    for average, value in zip(averages, values):
        average.lerp_(value, 1 - share)


UPDATES = {'loop': loop, 'loop in place': loop_in_place, 'fused': ema_update_}


def count_calls(update: Callable, averages: list[Tensor], values: list[Tensor]) -> int:
    """ATen calls of one update."""
    with CountCalls() as counter:
        update(averages, values, SHARE)
    return counter.calls


def median_seconds(update: Callable, averages: list[Tensor], values: list[Tensor], repeats: int) -> float:
    """Median wall time of an update after one warm-up call."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        update(averages, values, SHARE)
        if averages[0].is_cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--repeats', type=int, default=9)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    values = [param.detach().to(args.device) for param in network().parameters()]
    start = [value + 0.01 * torch.randn_like(value) for value in values]
    results, calls, seconds = {}, {}, {}
    for name, update in UPDATES.items():
        results[name] = [value.clone() for value in start]
        calls[name] = count_calls(update, results[name], values)
    difference = max(
        float((value - fused).abs().max())
        for tensors in results.values()
        for value, fused in zip(tensors, results['fused'])
    )
    if difference > 1e-6:
        raise SystemExit(f'the results differ by {difference:.1e}')
    for name, update in UPDATES.items():
        seconds[name] = median_seconds(update, results[name], values, args.repeats)
    print(
        f'{len(values)} tensors, {sum(value.numel() for value in values) / 1e6:.1f} million weights, {args.device}, '
        f'{args.threads} thread(s), median of {args.repeats}; results differ by {difference:.1e}'
    )
    for name in results:
        print(
            f'{name}: {calls[name]} ATen calls, {seconds[name] * 1e3:.1f} ms, '
            f'{seconds[name] / seconds["fused"]:.1f} times the fused one'
        )


if __name__ == '__main__':
    main()
