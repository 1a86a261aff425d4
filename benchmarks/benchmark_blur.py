"""Gaussian blur of strong augmentation against the full two-dimensional kernel, side by side in one run.

    python benchmarks/benchmark_blur.py [--size 512 512] [--batch 2] [--device cpu] [--threads 1]

`full` convolves with the square kernel of the published side (51 at 512 pixels), `separable` with two lines of that
side, `ours` with two lines without the taps that are too small for float32. All must agree to 1e-3 gray levels.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch  # noqa: E402
from kornia.filters import gaussian_blur2d  # noqa: E402
from torch import Tensor  # noqa: E402

import mmuda  # noqa: E402, F401  (makes the installed stack work)
from mmuda.models.augmentation.strong_augmentation import blur, kernel_side  # noqa: E402

TOLERANCE = 1e-3


def timed(run: Callable[[], Tensor], device: str, repeats: int) -> tuple[float, Tensor]:
    """Median milliseconds (on the CPU its own time) after one warm-up call, and the result."""
    clock = time.process_time if device == 'cpu' else time.perf_counter
    times = []
    for _ in range(repeats + 1):
        start = clock()
        result = run()
        if device != 'cpu':
            torch.cuda.synchronize()
        times.append(1e3 * (clock() - start))
    return statistics.median(times[1:]), result


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', type=int, nargs=2, default=(512, 512), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--batch', type=int, default=2)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--repeats', type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    generator = torch.Generator().manual_seed(0)
    images = (255 * torch.rand(args.batch, 3, *args.size, generator=generator) - 115).to(args.device)
    sigma = torch.linspace(0.5, 1.15, args.batch).tolist()
    pairs = torch.tensor(sigma, device=args.device)[:, None].expand(-1, 2)
    sides = tuple(kernel_side(side) for side in args.size)
    print(
        f'{args.batch} images of {args.size[0]}x{args.size[1]}, kernel {sides[0]}x{sides[1]}, {args.device}, '
        f'{args.threads} thread(s), median of {args.repeats}'
    )

    full, want = timed(lambda: gaussian_blur2d(images, sides, pairs, separable=False), args.device, args.repeats)
    print(f'full {full:.1f} ms')
    for name, run in (
        ('separable', lambda: gaussian_blur2d(images, sides, pairs)),
        ('ours', lambda: blur(images, sigma)),
    ):
        milliseconds, got = timed(run, args.device, args.repeats)
        difference = float((got - want).abs().max())
        if difference > TOLERANCE:
            raise SystemExit(f'{name}: differs from the full kernel by {difference} gray levels')
        print(
            f'{name} {milliseconds:.1f} ms, {full / milliseconds:.1f} times faster, '
            f'differs by {difference:.1e} gray levels'
        )


if __name__ == '__main__':
    main()
