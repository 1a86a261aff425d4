"""ClassMix of a batch: the vectorized step against a loop over images and classes, side by side in one run.

    python benchmarks/benchmark_class_mix.py [--size 512 512] [--batch 2] [--classes 19] [--device cpu] [--threads 1]

Timed are drawing classes and mixing images, labels and weights. `loop` does it as one would write the paper down: the
ids of each label, a mask that is widened class by class, `mask * source + (1 - mask) * target`. All draws are NumPy's
with the same seed and must give the same batch; `device` draws its own classes and its batch must be what the loop
gives for these.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor  # noqa: E402

import mmuda  # noqa: E402, F401  (makes the installed stack work)
from mmuda.models.mixing import DeviceClassDraw, NumpyClassDraw  # noqa: E402
from mmuda.models.mixing.class_mix import class_mask, paste  # noqa: E402

Mixed = tuple[Tensor, Tensor, Tensor]


class Batch(NamedTuple):
    """Images, labels and weights of one domain."""

    images: Tensor
    labels: Tensor
    weights: Tensor


def street(args: argparse.Namespace, seed: int) -> Batch:
    """Labels of large regions, a tenth ignored."""
    generator = torch.Generator().manual_seed(seed)
    (height, width), num = args.size, args.batch
    coarse = torch.randint(args.classes, (num, -(-height // 32), -(-width // 32)), generator=generator)
    labels = coarse.repeat_interleave(32, 1).repeat_interleave(32, 2)[:, :height, :width].contiguous()
    labels[torch.rand(labels.shape, generator=generator) < 0.1] = 255
    images = torch.randn(num, 3, height, width, generator=generator)
    return Batch(*(x.to(args.device) for x in (images, labels, torch.full(labels.shape, 0.1 + seed))))


def drawn_in_a_loop(labels: Tensor) -> list[list[int]]:
    """Half of the ids of each label."""
    drawn = []
    for label in labels:
        ids = label.unique()
        chosen = np.random.choice(len(ids), (len(ids) + 1) // 2, replace=False)
        drawn.append(ids[torch.from_numpy(chosen).to(ids.device)].tolist())
    return drawn


def mixed_in_a_loop(source: Batch, target: Batch, drawn: list[list[int]]) -> Mixed:
    """Mix image by image and class by class."""
    mixed = []
    for k, ids in enumerate(drawn):
        mask = torch.zeros_like(source.labels[k])
        for c in ids:
            mask = mask + (source.labels[k] == c)
        mixed.append([mask * s[k] + (1 - mask) * t[k] for s, t in zip(source, target)])
    return tuple(torch.stack(parts) for parts in zip(*mixed))


def mixed_at_once(source: Batch, target: Batch, drawn: Tensor) -> Mixed:
    """Mix the whole batch."""
    mask = class_mask(source.labels, drawn)
    return tuple(paste(mask, s, t) for s, t in zip(source, target))


def timed(run: Callable[[], Mixed], args: argparse.Namespace) -> tuple[float, Mixed]:
    """Median milliseconds (on the CPU its own time) after one warm-up call, and the result with the first seed."""
    clock = time.process_time if args.device == 'cpu' else time.perf_counter
    times, first = [], None
    for repeat in range(args.repeats + 1):
        np.random.seed(repeat)
        torch.manual_seed(repeat)
        start = clock()
        mixed = run()
        if args.device != 'cpu':
            torch.cuda.synchronize()
        times.append(1e3 * (clock() - start))
        first = first or mixed
    return statistics.median(times[1:]), first


def check(name: str, got: Mixed, want: Mixed) -> None:
    """End the program if two batches differ."""
    if not all(map(torch.equal, got, want)):
        raise SystemExit(f'{name}: its batch differs from that of the loop')


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', type=int, nargs=2, default=(512, 512), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--batch', type=int, default=2)
    parser.add_argument('--classes', type=int, default=19)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--repeats', type=int, default=15)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    source, target = street(args, 0), street(args, 1)
    print(
        f'{args.batch} images of {args.size[0]}x{args.size[1]}, {args.classes} classes, {args.device}, '
        f'{args.threads} thread(s), median of {args.repeats}'
    )

    loop, want = timed(lambda: mixed_in_a_loop(source, target, drawn_in_a_loop(source.labels)), args)
    numpy, got = timed(lambda: mixed_at_once(source, target, NumpyClassDraw()(source.labels)), args)
    check('numpy', got, want)
    device, got = timed(lambda: mixed_at_once(source, target, DeviceClassDraw()(source.labels)), args)
    torch.manual_seed(0)
    drawn = [row.nonzero()[:, 0].tolist() for row in DeviceClassDraw()(source.labels)]
    check('device', got, mixed_in_a_loop(source, target, drawn))
    print(f'loop {loop:.2f} ms')
    for name, milliseconds in (('numpy', numpy), ('device', device)):
        print(f'{name} {milliseconds:.2f} ms, {loop / milliseconds:.1f} times faster, equal')


if __name__ == '__main__':
    main()
