"""Labeling with K passes of Monte-Carlo dropout against K runs of the plain generator, side by side in one run.

    python benchmarks/benchmark_mc_dropout.py [--model small] [--passes 2 5 10] [--images 4] [--size 256 512]
        [--scales 512 256 640 320] [--repeats 3] [--device cpu]

Seconds and memory per image of predictor and labeler, without reading and writing of files. The plain generator is
MultiViewPredictor with ConfidenceLabeler. Memory is what is allocated at the peak beside the model: of the GPU, or on
the CPU (Linux) that of the process, in a run of its own per K.
"""

import argparse
import multiprocessing
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from torch import nn  # noqa: E402

import mmuda  # noqa: E402, F401

from mmseg.registry import MODELS  # isort: skip  # noqa: E402
from mmuda.pseudo_labels import (  # isort: skip  # noqa: E402
    ConfidenceLabeler,
    Labeler,
    MCDropoutPredictor,
    MeanPassLabeler,
    MultiViewPredictor,
    NegativePassLabeler,
    Predictor,
)

ROOT = Path(__file__).resolve().parents[1]


def parts(passes: int, negative: bool, scales: list[tuple[int, int]]) -> tuple[Predictor, Labeler]:
    """Return predictor and labeler; of the plain generator for 0 passes."""
    if not passes:
        return MultiViewPredictor(scales), ConfidenceLabeler()
    temperature, labeler = (2.0, NegativePassLabeler()) if negative else (None, MeanPassLabeler())
    return MCDropoutPredictor(passes, temperature=temperature, scales=scales), labeler


def build(name: str, device: str) -> nn.Module:
    """Build a model of configs/_base_ with random weights."""
    init_default_scope('mmseg')
    config = Config.fromfile(ROOT / f'configs/_base_/{name}.py').model
    config.segmentor.backbone.init_cfg = None
    torch.manual_seed(0)
    return MODELS.build(config).to(device).eval()


def seconds_per_image(model: nn.Module, images: list[np.ndarray], predictor: Predictor, labeler: Labeler) -> float:
    """Label all images once."""
    device = next(model.parameters()).device
    begin = time.perf_counter()
    for index, image in enumerate(images):
        labeler(predictor(model, image, str(index))).arrays()
    if device.type == 'cuda':
        torch.cuda.synchronize()
    return (time.perf_counter() - begin) / len(images)


def memory(key: str) -> int:
    """Return what Linux says of the memory of this process, in bytes: ``VmRSS`` now, ``VmHWM`` at the peak."""
    lines = dict(line.split(':', 1) for line in Path('/proc/self/status').read_text().splitlines())
    return 1024 * int(lines[key].split()[0])


def peak(args: argparse.Namespace, passes: int, negative: bool, queue: multiprocessing.Queue) -> None:
    """Put the bytes that one image takes beside the model."""
    model, image = build(args.model, args.device), make_images(1, args.size)[0]
    predictor, labeler = parts(passes, negative, args.scales)
    if args.device == 'cpu':
        Path('/proc/self/clear_refs').write_text('5')  # the peak so far is forgotten
        before = memory('VmRSS')
    else:
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    labeler(predictor(model, image, '0'))
    if args.device == 'cpu':
        queue.put(memory('VmHWM') - before)
    else:
        queue.put(torch.cuda.max_memory_allocated() - before)


def peak_alone(args: argparse.Namespace, passes: int, negative: bool) -> float:
    """Return the peak in MiB, of a process of its own."""
    context = multiprocessing.get_context('spawn')
    queue = context.Queue()
    process = context.Process(target=peak, args=(args, passes, negative, queue))
    process.start()
    size = queue.get()
    process.join()
    return size / 2**20


def make_images(number: int, size: tuple[int, int]) -> list[np.ndarray]:
    """Make random images (H, W, 3)."""
    return list(np.random.default_rng(0).integers(0, 256, (number, *size, 3), dtype=np.uint8))


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='small', help='of configs/_base_, e.g. models/deeplabv2_r101_dual')
    parser.add_argument('--passes', type=int, nargs='+', default=[2, 5, 10])
    parser.add_argument('--images', type=int, default=4)
    parser.add_argument('--size', type=int, nargs=2, default=(256, 512), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--scales', type=int, nargs='+', default=[512, 256, 640, 320], help='width height ...')
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--device', default='cpu')
    args = parser.parse_args()
    args.scales = list(zip(args.scales[::2], args.scales[1::2]))
    return args


def main() -> None:
    """Measure, compare, print."""
    args = parse_args()
    model, images = build(args.model, args.device), make_images(args.images, args.size)
    rows = [(0, False), *((passes, negative) for negative in (False, True) for passes in args.passes)]
    times: dict[tuple[int, bool], list[float]] = {row: [] for row in rows}
    for repeat in range(args.repeats + 1):  # the first one warms up
        for row in rows:
            seconds = seconds_per_image(model, images, *parts(*row, args.scales))
            if repeat:
                times[row].append(seconds)
    plain = statistics.median(times[0, False])
    for passes, negative in rows:
        seconds = statistics.median(times[passes, negative])
        name = f'{passes} passes{", negative labels" if negative else ""}' if passes else 'plain'
        share = f', {seconds / plain / passes:.2f} of {passes} plain runs' if passes else ''
        print(f'{name}: {seconds:.3f} s an image{share}, {peak_alone(args, passes, negative):.0f} MiB')


if __name__ == '__main__':
    main()
