"""Density of depth of predicted classes against the densities of all classes, in one run.

    python benchmarks/benchmark_density.py [--grid 96 161] [--classes 16] [--repeats 20]

The published code writes maps of all classes at every cell to files, for the source, and loops over the cells of the
target. Here the straightforward way evaluates all classes everywhere and takes that of the cell's class. Both take
turns and must be equal to 1e-4 of 255. Counted are CPU seconds of one map in one thread, the best of `--repeats`.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from mmuda.models.density import MixtureDensity, Mixtures  # noqa: E402


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--grid', type=int, nargs=2, default=(96, 161), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--classes', type=int, default=16)
    parser.add_argument('--components', type=int, default=5)
    parser.add_argument('--repeats', type=int, default=20)
    return parser.parse_args()


def random_mixtures(args: argparse.Namespace, rng: np.random.Generator) -> Mixtures:
    """Mixtures over the grid and depths up to 300, so that a part of the densities is neither 0 nor 255."""
    height, width = args.grid
    shape = (args.classes, args.components, 3)
    mean = rng.uniform(0, (width, height, 300), shape)
    variance = rng.uniform(0.05, 0.3, shape) ** 2 * np.square((width, height, 300))
    weight = rng.dirichlet(np.ones(args.components), args.classes)
    return Mixtures(mean, variance, weight, tuple(map(str, range(args.classes))), (height, width))


def all_classes(mixtures: Mixtures) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the straightforward way: one class after the other, each at all cells."""
    mean, variance, weight = map(torch.from_numpy, (mixtures.mean, mixtures.variance, mixtures.weight))
    height, width = mixtures.grid
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing='ij')

    def density(classes: Tensor, depth: Tensor) -> Tensor:
        z = depth.double()
        points = torch.stack([columns.expand_as(z), rows.expand_as(z), z], dim=-1)
        maps = []
        for means, variances, weights in zip(mean, variance, weight):
            likelihood = torch.zeros_like(z)
            for m, v, w in zip(means, variances, weights):
                gaussians = torch.exp(-((points - m) ** 2) / (2 * v)) / torch.sqrt(2 * torch.pi * v)
                likelihood += w * gaussians.prod(-1)
            maps.append(255 * (1 - torch.exp(-1e6 * likelihood)))
        return torch.stack(maps, dim=1).gather(1, classes[:, None])[:, 0]

    return density


def cpu_seconds(run: Callable[[], Tensor]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def main() -> None:
    args = parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    mixtures = random_mixtures(args, rng)
    classes = torch.from_numpy(rng.integers(0, args.classes, (1, *args.grid)))
    depth = torch.from_numpy(rng.uniform(0, 300, (1, *args.grid)).astype(np.float32))
    ours = MixtureDensity(args.classes, args.grid, args.components)
    ours.set(mixtures, 'random numbers')
    plain = all_classes(mixtures)
    error = (ours(classes, depth) - plain(classes, depth)).abs().max().item()
    if error > 1e-4 * 255:
        sys.exit(f'the densities differ by {error}')
    times = [
        (cpu_seconds(lambda: ours(classes, depth)), cpu_seconds(lambda: plain(classes, depth)))
        for _ in range(args.repeats)
    ]
    fast, slow = (min(column) for column in zip(*times))
    print(f'grid {args.grid}, {args.classes} classes, largest difference {error:.1e} of 255')
    print(f'all classes {1000 * slow:.2f} ms, the predicted class {1000 * fast:.2f} ms: {slow / fast:.1f} times faster')


if __name__ == '__main__':
    main()
