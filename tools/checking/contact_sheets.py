"""Pictures of what the pipelines of a config give the network, many on a sheet."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmseg.registry import DATASETS
from mmseg.structures import SegDataSample
from PIL import Image, ImageDraw
from torch import Tensor

from mmuda.datasets.label_maps import IGNORE_INDEX
from mmuda.utils.files import replace_file
from mmuda.utils.progress import progress
from tools.analysis_tools.browse_dataset import take_labels, views_of

WIDTH = 320  # of a picture, in pixels
OPACITY = 0.5


def write_contact_sheets(config: Config, out: Path, number: int) -> tuple[list[Path], list[str]]:
    """Write ``<out>/<view>.png``, for each view of the training data, for ``validation`` and for ``test``.

    Args:
        config (Config): Of a training.
        out (Path): Folder, made where it is missing.
        number (int): Samples of each data set, spread over it.

    Returns:
        tuple[list[Path], list[str]]: The sheets, and which samples could not be made.

    Raises:
        ValueError: If a data set cannot be built.
        OSError: If a sheet cannot be written.
    """
    sheets: dict[str, list[Image.Image]] = defaultdict(list)
    failed: list[str] = []
    for name, dataset, total in _datasets(config):
        indices = np.unique(np.linspace(0, total - 1, min(number, total)).round().astype(int)).tolist()
        for index in progress(indices, f'Pictures of the {name} data'):
            try:
                sample = dataset[index]
            except (ValueError, OSError, KeyError) as error:  # what is wrong with the files was said before
                failed.append(f'{name} {index}: {error}')
                continue
            for view, image, annotation in views_of(sample):
                sheets[view or name].append(_cell(image, annotation, dataset.metainfo['palette']))
    paths = []
    for view, cells in sheets.items():
        paths.append(out / f'{view}.png')
        replace_file(paths[-1], partial(_sheet(cells).save, format='png'))
    return paths, failed


def _datasets(config: Config) -> Iterator[tuple[str, Any, int]]:
    """Yield name, data set and number of samples that can be shown."""
    if config.get('train_dataloader'):
        training = DATASETS.build(config.train_dataloader.dataset)
        yield 'training', training, take_labels(training, config)
    shown: list[dict] = []
    for name, key in (('validation', 'val_dataloader'), ('test', 'test_dataloader')):
        data = (config.get(key) or {}).get('dataset')
        if data and data not in shown:
            shown.append(data)
            dataset = DATASETS.build(data)
            yield name, dataset, len(dataset)


def _cell(image: Tensor, sample: SegDataSample, palette: Sequence[Sequence[int]]) -> Image.Image:
    """One picture with its name: the image, its label over it; what has no class is dark.

    Args:
        image (Tensor): (3, H, W), B, G, R, 0 to 255.
        sample (SegDataSample): Its annotation.
        palette (Sequence[Sequence[int]]): R, G, B of each class.
    """
    picture = Image.fromarray(image.permute(1, 2, 0).flip(-1).clamp(0, 255).round().byte().numpy())
    if 'gt_sem_seg' in sample:
        colors = np.zeros((IGNORE_INDEX + 1, 3), np.uint8)
        colors[: len(palette)] = palette
        label = sample.gt_sem_seg.data[0].byte().numpy()
        painted = Image.fromarray(colors[label]).resize(picture.size, Image.Resampling.NEAREST)
        picture = Image.blend(picture, painted, OPACITY)
    width, height = picture.size
    picture = picture.resize((WIDTH, max(1, round(height * WIDTH / width))), Image.Resampling.BILINEAR)
    cell = Image.new('RGB', (WIDTH, picture.height + 14), 'white')
    cell.paste(picture)
    ImageDraw.Draw(cell).text((2, picture.height + 1), f'{Path(sample.img_path).name[-36:]}, {width}x{height}', 'black')
    return cell


def _sheet(cells: Sequence[Image.Image]) -> Image.Image:
    """Put pictures side by side, in rows."""
    columns = math.ceil(math.sqrt(len(cells)))
    height = max(cell.height for cell in cells) + 4
    sheet = Image.new('RGB', (columns * (WIDTH + 4), math.ceil(len(cells) / columns) * height), 'white')
    for index, cell in enumerate(cells):
        sheet.paste(cell, (index % columns * (WIDTH + 4), index // columns * height))
    return sheet
