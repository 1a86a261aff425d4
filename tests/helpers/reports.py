"""A page of three runs with all parts, as large as such a page gets."""

from pathlib import Path

import numpy as np

from mmuda.report.page import write_report
from mmuda.report.pictures import IMAGE, PREDICTION, Pictures
from mmuda.report.run import read_runs
from mmuda.visualization import colorize
from tests.helpers.work_dirs import CLASSES, label, write_round, write_work_dir

RUNS = ('source_only', 'cbst', 'dacs')
PALETTE = [(128, 64, 128), (70, 130, 180), (0, 0, 142)]


def write_full_report(folder: Path, points: int = 20, images: int = 2, size: tuple[int, int] = (32, 64)) -> Path:
    """Write the page of three runs that were never trained.

    Args:
        folder (Path): For runs and page.
        points (int): Of each of 20 curves of a run.
        images (int): Pictures of each run.
        size (tuple[int, int]): (height, width) of a picture.
    """
    generator = np.random.default_rng(0)
    names = ['loss', 'lr', 'mIoU', 'label_free/entropy', *(f'source.loss_{index}' for index in range(16))]
    for number, name in enumerate(RUNS):
        steps = [dict(zip(names, generator.random(20).tolist()), step=50 * step) for step in range(1, points + 1)]
        write_work_dir(folder / name, steps, [dict(zip(CLASSES, (50.0 + number, 20.0, 10.0)))])
    for index in range(3):
        write_round(folder / 'cbst', index, [label(0.3, 0.1 * index, 0.1)], evaluation=dict(mIoU=20.0 + index))
    runs = read_runs([folder / name for name in RUNS])
    return write_report(folder / 'report.html', runs, {name: _pictures(generator, images, size) for name in RUNS})


def _pictures(generator: np.random.Generator, number: int, size: tuple[int, int]) -> Pictures:
    """Images of noise, which compress worst, and labels and uncertainties with coarse and fine structure."""
    made = {}
    for index in range(number):
        noise = generator.integers(0, 256, (*size, 3), np.uint8)
        blocks = np.kron(generator.integers(0, 3, (size[0] // 8, size[1] // 8)), np.ones((8, 8), int))
        smooth = np.repeat((np.indices(size).sum(0) % 256).astype(np.uint8)[..., None], 3, axis=2)
        titles = {IMAGE: noise, PREDICTION: colorize(blocks, PALETTE), 'uncertainty': smooth}
        labels = {f'labels: round {turn}': colorize((blocks + turn) % 3, PALETTE) for turn in (0, 2)}
        made[f'{index}.png'] = titles | labels
    return Pictures('target', CLASSES, PALETTE, made, np.array([5, 3, 2]), np.ones(256), [0.8] * number, [0.9] * number)
