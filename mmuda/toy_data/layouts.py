"""Writers: one sample in the files of each published data set."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mmuda.toy_data.canvas import SKY_DEPTH, Canvas
from mmuda.toy_data.labels import (
    CITYSCAPES_COLORS,
    MAPILLARY_TABLE,
    ROBOTCAR_TABLE,
    SYNTHIA_LANE_MARKING,
    SYNTHIA_TABLE,
)

TRAIN_CITIES = ('aachen', 'bochum', 'zurich')
VAL_CITIES = ('frankfurt', 'lindau', 'munster')
TRAIN_TRAVERSALS = ('2014-12-05-11-09-10_01', '2015-05-29-09-36-29_04', '2015-07-24-14-17-50_01')
VAL_TRAVERSALS = ('2014-11-25-09-18-32_01', '2015-10-29-12-18-17_07', '2015-11-06-11-21-12_05')

Sample = tuple[np.ndarray, Canvas]
"""An RGB image and the scene it shows."""
Writer = Callable[[Path, int, Sample], None]
"""Writes sample number k below the folder of its domain."""


def label_map(canvas: Canvas) -> np.ndarray:
    """(H, W) uint8 Cityscapes label ids."""
    return np.array([s.label for s in canvas.surfaces], np.uint8)[canvas.index]


def write_gta(root: Path, number: int, sample: Sample) -> None:
    """``images/00001.png`` and ``labels/00001.png``: palette PNG, index = Cityscapes label id."""
    image, canvas = sample
    name = f'{number + 1:05d}.png'
    _save(Image.fromarray(image), root / 'images' / name)
    label = Image.fromarray(label_map(canvas))
    label.putpalette(np.array(CITYSCAPES_COLORS, np.uint8).tobytes())
    _save(label, root / 'labels' / name)


def write_synthia(root: Path, number: int, sample: Sample) -> None:
    """``RGB``, ``GT/LABELS`` (16-bit, id in R, instance in G) and ``Depth`` (16-bit, centimeters)."""
    image, canvas = sample
    name = f'{number:07d}.png'
    _save(Image.fromarray(image), root / 'RGB' / name)
    lane = np.array([s.material == 'lane' for s in canvas.surfaces])[canvas.index]
    ids = np.where(lane, SYNTHIA_LANE_MARKING, SYNTHIA_TABLE[label_map(canvas)])
    instance = np.array([s.instance for s in canvas.surfaces])[canvas.index]
    bgr = np.stack([np.zeros_like(ids), instance, ids], axis=-1).astype(np.uint16)
    _save_16bit(bgr, root / 'GT' / 'LABELS' / name)
    depth = canvas.depth()
    centimeters = np.where(depth < SKY_DEPTH, (100 * depth).round().clip(1, 65534), 65535)
    _save_16bit(centimeters.astype(np.uint16), root / 'Depth' / name)


def write_cityscapes(split: str) -> Writer:
    """``leftImg8bit/<split>/<city>/*_leftImg8bit.png``, ``gtFine/<split>/<city>/*_gtFine_labelIds.png``."""
    cities = TRAIN_CITIES if split == 'train' else VAL_CITIES

    def write(root: Path, number: int, sample: Sample) -> None:
        image, canvas = sample
        city = cities[number % len(cities)]
        stem = f'{city}_{number // len(cities):06d}_000019'
        _save(Image.fromarray(image), root / 'leftImg8bit' / split / city / f'{stem}_leftImg8bit.png')
        _save(Image.fromarray(label_map(canvas)), root / 'gtFine' / split / city / f'{stem}_gtFine_labelIds.png')

    return write


def write_robotcar(split: str) -> Writer:
    """``train/<traversal>/<f>`` without labels; ``val/<f>`` with ``anno/<f>``: RGBA, id in channel 0."""

    def write(root: Path, number: int, sample: Sample) -> None:
        image, canvas = sample
        traversals = TRAIN_TRAVERSALS if split == 'train' else VAL_TRAVERSALS
        traversal, name = traversals[number % len(traversals)], f'{number // len(traversals):06d}.png'
        if split == 'train':
            _save(Image.fromarray(image), root / 'train' / traversal / name)
            return
        _save(Image.fromarray(image), root / 'val' / f'{traversal}_{name}')
        ids = ROBOTCAR_TABLE[label_map(canvas)]
        rgba = np.stack([ids, ids, ids, np.full_like(ids, 255)], axis=-1)
        _save(Image.fromarray(rgba), root / 'anno' / f'{traversal}_{name}')

    return write


def write_mapillary(split: str) -> Writer:
    """``<split>/images/<f>.jpg``, ``<split>/labels/<f>.png`` (index of 66 labels); every other photo is 4:3 or 1:1."""

    def write(root: Path, number: int, sample: Sample) -> None:
        image, canvas = sample
        height, width = canvas.index.shape
        kept = min(width, (width, height * 4 // 3, height, width)[number % 4])
        name = f'{number:022d}'
        _save(Image.fromarray(image[:, :kept]), root / split / 'images' / f'{name}.jpg')
        label = Image.fromarray(MAPILLARY_TABLE[label_map(canvas)][:, :kept])
        label.putpalette(np.array([[index, 255 - index, 3 * index % 256] for index in range(66)], np.uint8).tobytes())
        _save(label, root / split / 'labels' / f'{name}.png')

    return write


def plan(domain: str, num_train: int, num_val: int) -> Iterator[tuple[str, int, int, Writer]]:
    """Every sample of a domain: split, number in the split, number for the writer, writer.

    GTA5 and SYNTHIA have no splits as published: the validation images follow the
    training images in the numbering.
    """
    for split, count in (('train', num_train), ('val', num_val)):
        for k in range(count):
            if domain in ('gta', 'synthia'):
                yield (
                    split,
                    k,
                    k + num_train * (split == 'val'),
                    write_gta if domain == 'gta' else write_synthia,
                )
            elif domain == 'mapillary':
                yield split, k, k, write_mapillary({'train': 'training', 'val': 'validation'}[split])
            else:
                yield split, k, k, (write_cityscapes if domain == 'cityscapes' else write_robotcar)(split)


def _save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, compress_level=1, quality=95)


def _save_16bit(array: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), array):
        raise OSError(f'cannot write {path}: is the disk full?')
