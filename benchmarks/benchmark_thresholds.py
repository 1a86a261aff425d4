"""Class-balanced thresholds: exact two-pass selection against collecting and sorting all confidences, in one run.

    python benchmarks/benchmark_thresholds.py [--images 100] [--size 1024 2048] [--classes 19] [--threads 1]

`selection` is ClassBalancedLabeler, which sees every image twice. `lists` collects as the published code does (an
array per class, extended image by image) and sorts Python lists; `arrays` is the best of that kind: pieces joined
once, sorted by NumPy. All take every 4th pixel of each class and image and must find the same thresholds. Each way
runs in a process of its own. Counted are CPU seconds of going from probabilities to thresholds, not making the
probabilities, and by how much memory rises above what it is before the first image. Figures for more images are
extrapolated, on the line through half of `--images` and all; what the sorting ways need grows faster than that. The
memory of `selection` is given as measured: what it holds has a fixed size.
"""

import argparse
import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from mmuda.pseudo_labels import ClassBalancedLabeler  # noqa: E402

EXTRAPOLATED = (500, 2975)


class Images:
    """Probabilities of images, one after the other in the same memory; the time of making them is not counted."""

    def __init__(self, args: argparse.Namespace) -> None:
        coarse = torch.randn(
            1, args.classes, args.size[0] // 32, args.size[1] // 32, generator=torch.Generator().manual_seed(0)
        )
        self.base = F.interpolate(coarse.mul(4).softmax(1), args.size, mode='bilinear')[0]
        self.image = torch.zeros_like(self.base)
        self.number = args.images
        self.seconds = 0.0

    def __iter__(self) -> Iterator[torch.Tensor]:
        for index in range(self.number):
            start = time.process_time()
            torch.mul(self.base, 1 - 1e-4 * index, out=self.image)
            self.seconds += time.process_time() - start
            yield self.image


def sampled(image: torch.Tensor) -> Iterator[np.ndarray]:
    """Every 4th confidence of each class."""
    probabilities = image.numpy()
    label, confidence = probabilities.argmax(0), probabilities.max(0)
    for index in range(len(probabilities)):
        yield confidence[label == index][::4]


def rank_of(size: int, portion: float) -> int:
    """Among ``size`` values and one zero; 0 for none."""
    return math.floor((size + 1) * portion) if size else 0


def lists(images: Images, classes: int, portion: float) -> list[float]:
    collected = [np.zeros(1, np.float32) for _ in range(classes)]
    for image in images:
        for index, values in enumerate(sampled(image)):
            collected[index] = np.append(collected[index], values)
    thresholds = []
    for index in range(classes):
        values, collected[index] = collected[index], None
        rank = rank_of(len(values) - 1, portion)
        thresholds.append(float(sorted(list(values), reverse=True)[rank - 1]) if rank else 0.0)
    return thresholds


def arrays(images: Images, classes: int, portion: float) -> list[float]:
    collected = [[np.zeros(1, np.float32)] for _ in range(classes)]
    for image in images:
        for pieces, values in zip(collected, sampled(image)):
            pieces.append(values)
    thresholds = []
    for pieces in collected:
        values = np.concatenate(pieces)
        pieces.clear()
        rank = rank_of(len(values) - 1, portion)
        values.sort()
        thresholds.append(float(values[-rank]) if rank else 0.0)
    return thresholds


def selection(images: Images, classes: int, portion: float) -> list[float]:
    labeler = ClassBalancedLabeler(portion, sampling='cbst')
    labeler.begin(classes)
    for _ in range(labeler.num_passes):
        for image in images:
            labeler.observe(image)
        labeler.end_pass()
    return labeler.thresholds.tolist()


WAYS: dict[str, Callable[[Images, int, float], list[float]]] = dict(lists=lists, arrays=arrays, selection=selection)


def resident_mib() -> float:
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


class Measured(NamedTuple):
    """CPU seconds and MiB by number of images, and the thresholds of all images."""

    seconds: dict[int, float]
    mib: dict[int, float]
    thresholds: list[float]


def measure(way: str, args: argparse.Namespace) -> Measured:
    torch.set_num_threads(args.threads)
    images = Images(args)
    before = resident_mib()
    seconds, mib = {}, {}
    for number in (args.images // 2, args.images):
        images.number, images.seconds = number, 0.0
        start = time.process_time()
        thresholds = WAYS[way](images, args.classes, args.portion)
        seconds[number] = time.process_time() - start - images.seconds
        mib[number] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10 - before
    return Measured(seconds, mib, thresholds)


def at(number: int, values: dict[int, float]) -> float:
    """Value for ``number`` images, on the line through the two that were measured."""
    (few, first), (many, last) = values.items()
    return first + (last - first) * (number - few) / (many - few)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--images', type=int, default=100, help='at least 2')
    parser.add_argument('--size', type=int, nargs=2, default=(1024, 2048), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--classes', type=int, default=19)
    parser.add_argument('--portion', type=float, default=0.2)
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args()

    results: dict[str, Measured] = {}
    for way in WAYS:
        with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as process:
            results[way] = process.submit(measure, way, args).result()
    expected = results['selection'].thresholds
    if any(result.thresholds != expected for result in results.values()):
        raise SystemExit(f'the thresholds differ: { {way: result.thresholds for way, result in results.items()} }')

    print(f'{args.size[0]}x{args.size[1]}, {args.classes} classes, {args.threads} thread(s); equal thresholds')
    print('| way | images | CPU s | MiB | CPU s, times that of selection |')
    print('| --- | --- | --- | --- | --- |')
    for number in (args.images, *(number for number in EXTRAPOLATED if number > args.images)):
        mark = '' if number == args.images else ' (extrapolated)'
        for way, result in results.items():
            seconds = at(number, result.seconds)
            mib = at(args.images if way == 'selection' else number, result.mib)
            print(
                f'| {way} | {number}{mark} | {seconds:.1f} | {mib:.0f} | '
                f'{seconds / at(number, results["selection"].seconds):.1f} |'
            )


if __name__ == '__main__':
    main()
