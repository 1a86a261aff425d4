"""Labeling throughput of one rank against two, side by side in one run.

    python benchmarks/benchmark_labeling.py [--images 32] [--size 256 512] [--repeats 3]

Class-balanced labels (two passes for the thresholds, one for the labels) of random images by the small network of
configs/_base_/small.py. Every rank is a process with one thread; starting the processes is not counted. The
labels must be the same, byte for byte.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.distributed as dist  # noqa: E402
import torch.multiprocessing as mp  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from PIL import Image  # noqa: E402

import mmuda  # noqa: E402, F401

from mmseg.registry import MODELS  # isort: skip  # noqa: E402
from mmuda.pseudo_labels import (  # isort: skip  # noqa: E402
    ClassBalancedLabeler,
    LogitMapPredictor,
    PseudoLabelStore,
    generate_pseudo_labels,
)

ROOT = Path(__file__).resolve().parents[1]


def label(rank: int, world_size: int, folder: Path, repeats: int) -> None:
    """Label all images ``repeats`` times; rank 0 writes the seconds."""
    torch.set_num_threads(1)
    dist.init_process_group('gloo', init_method=f'file://{folder}/init{world_size}', rank=rank, world_size=world_size)
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(ROOT / 'configs/_base_/small.py').model)
    images = [(path.name, str(path)) for path in sorted((folder / 'images').iterdir())]
    seconds = []
    for repeat in range(repeats + 1):  # the first one warms up
        store = PseudoLabelStore(folder / f'labels{world_size}_{repeat}')
        dist.barrier()
        begin = time.perf_counter()
        generate_pseudo_labels(model, images, LogitMapPredictor(1.0), ClassBalancedLabeler(), store, {}, num_classes=19)
        dist.barrier()
        seconds.append(time.perf_counter() - begin)
    if rank == 0:
        np.save(folder / f'seconds{world_size}.npy', seconds[1:])
    dist.destroy_process_group()


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--images', type=int, default=32)
    parser.add_argument('--size', type=int, nargs=2, default=(256, 512), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--repeats', type=int, default=3)
    args = parser.parse_args()
    rates = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / 'images').mkdir()
        rng = np.random.default_rng(0)
        for index in range(args.images):
            coarse = rng.integers(0, 256, (8, 16, 3), dtype=np.uint8)
            Image.fromarray(coarse).resize(args.size[::-1], Image.Resampling.BICUBIC).save(
                folder / 'images' / f'{index}.png'
            )
        for world_size in (1, 2):
            mp.spawn(label, args=(world_size, folder, args.repeats), nprocs=world_size)
            seconds = statistics.median(np.load(folder / f'seconds{world_size}.npy'))
            rates[world_size] = args.images / seconds
            print(f'\n{world_size} rank(s): {rates[world_size]:.2f} images a second')
        one, two = (sorted((folder / f'labels{size}_{args.repeats}').glob('*.png')) for size in (1, 2))
        if [path.read_bytes() for path in one] != [path.read_bytes() for path in two]:
            raise SystemExit('the labels of one and of two ranks differ')
    print(f'equal labels; two ranks are {rates[2] / rates[1]:.2f} times as fast as one')


if __name__ == '__main__':
    main()
