"""UDAIoUMetric against mmseg's IoUMetric on one image, side by side in one run.

python benchmarks/benchmark_iou_metric.py [--size 1024 2048] [--classes 19] [--device cpu] [--threads 1]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger

import mmuda  # noqa: F401  (makes the installed stack work)

from mmseg.evaluation import IoUMetric  # isort: skip
from mmuda.evaluation import UDAIoUMetric  # isort: skip


def street(height: int, width: int, num_classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Label and prediction: large regions, 10 % ignored, every fifth pixel predicted at random."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(num_classes, size=(-(-height // 32), -(-width // 32)))
    label = np.kron(coarse, np.ones((32, 32), np.int64))[:height, :width]
    wrong = rng.random(label.shape) < 0.2
    prediction = np.where(wrong, rng.integers(num_classes, size=label.shape), label)
    label[rng.random(label.shape) < 0.1] = 255
    return label, prediction


def median_seconds(run: Callable[[], None], device: str, repeats: int) -> float:
    """Median wall time of ``run`` after one warm-up call."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        run()
        if device != 'cpu':
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', type=int, nargs=2, default=(1024, 2048), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--classes', type=int, default=19)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--repeats', type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    MMLogger.get_instance('benchmark', log_level='ERROR')

    arrays = street(*args.size, args.classes, seed=0)
    label, prediction = (torch.from_numpy(array).to(args.device) for array in arrays)
    print(
        f'{args.size[0]}x{args.size[1]}, {args.classes} classes, {args.device}, {args.threads} thread(s), '
        f'median of {args.repeats}'
    )
    for name, dtype in (('int64 (as the models give)', torch.int64), ('uint8', torch.uint8)):
        sample = dict(pred_sem_seg=dict(data=prediction[None].to(dtype)), gt_sem_seg=dict(data=label[None].to(dtype)))
        metrics: dict[str, BaseMetric] = dict(mmseg=IoUMetric(), mmuda=UDAIoUMetric())
        seconds, values = {}, {}
        for key, metric in metrics.items():
            metric.dataset_meta = dict(classes=[str(c) for c in range(args.classes)])
            seconds[key] = median_seconds(partial(metric.process, {}, [sample]), args.device, args.repeats)
            values[key] = {k: round(float(v), 2) for k, v in metric.evaluate(args.repeats + 1).items()}
        if values['mmseg'] != values['mmuda']:
            raise SystemExit(f'{name}: the metrics differ: {values}')
        theirs, ours = seconds['mmseg'], seconds['mmuda']
        print(
            f'{name}: IoUMetric {theirs * 1e3:.2f} ms, UDAIoUMetric {ours * 1e3:.2f} ms, '
            f'{theirs / ours:.1f} times faster; both {values["mmuda"]}'
        )


if __name__ == '__main__':
    main()
