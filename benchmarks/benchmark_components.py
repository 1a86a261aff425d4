"""Removal of small components against a loop over classes and components, in one run.

    python benchmarks/benchmark_components.py [--size 1024 2048] [--classes 16] [--repeats 3]

The loop labels the components of each class in the whole image and looks at each of them: its pixels, their number, its
removal. Both take turns and must be equal. The label map is made of smooth random fields with noise, so that it has
large and small components. Counted are CPU seconds of one image in one thread, the best of `--repeats`.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
from scipy import ndimage  # noqa: E402

from mmuda.pseudo_labels.thresholds.components import remove_small_components  # noqa: E402


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', type=int, nargs=2, default=(1024, 2048), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--classes', type=int, default=16)
    parser.add_argument('--min-pixels', type=int, default=500)
    parser.add_argument('--repeats', type=int, default=3)
    return parser.parse_args()


def label_map(args: argparse.Namespace) -> np.ndarray:
    """Classes of smooth random fields, and 255 where the best one is not much above the second."""
    rng = np.random.default_rng(0)
    height, width = args.size
    fields = np.stack(
        [
            ndimage.zoom(rng.normal(size=(height // 64 + 1, width // 64 + 1)), 64, order=1)[:height, :width]
            + 0.15 * ndimage.zoom(rng.normal(size=(height // 4 + 1, width // 4 + 1)), 4, order=1)[:height, :width]
            for _ in range(args.classes)
        ]
    )
    best = np.sort(fields, axis=0)[-2:]
    return np.where(best[1] - best[0] > 0.1, fields.argmax(0), 255).astype(np.uint8)


def by_loops(label: np.ndarray, min_pixels: Sequence[int]) -> np.ndarray:
    kept = label.copy()
    for index, smallest in enumerate(min_pixels):
        components, number = ndimage.label(label == index, np.ones((3, 3)))
        for component in range(1, number + 1):
            pixels = components == component
            if pixels.sum() < smallest:
                kept[pixels] = 255
    return kept


def cpu_seconds(run: Callable[[], np.ndarray]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def main() -> None:
    args = parse_args()
    label, min_pixels = label_map(args), [args.min_pixels] * args.classes
    number = sum(ndimage.label(label == index, np.ones((3, 3)))[1] for index in range(args.classes))
    ours, plain = remove_small_components(label, min_pixels), by_loops(label, min_pixels)
    if not np.array_equal(ours, plain):
        sys.exit('the labels differ')
    fast = min(cpu_seconds(lambda: remove_small_components(label, min_pixels)) for _ in range(args.repeats))
    slow = min(cpu_seconds(lambda: by_loops(label, min_pixels)) for _ in range(args.repeats))
    share = np.mean(ours != label)
    print(f'{args.size[0]}x{args.size[1]}, {args.classes} classes, {number} components, {100 * share:.1f} % removed')
    print(f'loops {slow:.2f} s, remove_small_components {fast:.3f} s: {slow / fast:.1f} times faster')


if __name__ == '__main__':
    main()
