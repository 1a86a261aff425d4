"""Writes single images and labels in the layouts and encodings of the published data sets."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from mmuda.datasets.classes import CAMVID_CLASSES


class Layout(NamedTuple):
    """Where one image and its label lie, and the arguments that read them."""

    image: str
    label: str
    encoding: str
    prefix: dict | None = None


_CITYSCAPES = Layout(
    'leftImg8bit/train/aachen/aachen_0_leftImg8bit.png', 'gtFine/train/aachen/aachen_0_gtFine_labelIds.png', 'gray'
)
_CROSS_CITY = Layout(
    'Images/Test/pano_00002_2_180.png',
    'Labels/Test/pano_00002_2_180_eval.png',
    'gray',
    dict(img_path='Images/Test', seg_map_path='Labels/Test'),
)
_SYNTHIA = Layout('RGB/0000000.png', 'GT/LABELS/0000000.png', 'red16')
LAYOUTS = {
    'GTADataset': Layout('images/00001.png', 'labels/00001.png', 'palette'),
    'SynthiaDataset': _SYNTHIA,
    'Synthia7Dataset': _SYNTHIA,
    'CityscapesLabelIdsDataset': _CITYSCAPES,
    'Cityscapes7Dataset': _CITYSCAPES,
    'Cityscapes9Dataset': _CITYSCAPES,
    'MapillaryDataset': Layout('training/images/a.jpg', 'training/labels/a.png', 'palette'),
    'RobotCarDataset': Layout(
        'val/2014-11-25/000000.png', 'anno/2014-11-25/000000.png', 'rgba', dict(img_path='val', seg_map_path='anno')
    ),
    'CrossCityDataset': _CROSS_CITY,
    'CrossCity19Dataset': _CROSS_CITY,
    'CamVidDataset': Layout('images/day_train/a.jpg', 'labels/day_train/a.png', 'gray'),
}


def write_image(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def write_label(path: Path, ids: np.ndarray, encoding: str) -> None:
    """Write (H, W) ids; an (H, W, 3) uint16 array is written as it is (R, G, B)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if encoding == 'red16':
        ids = ids.astype(np.uint16)
        rgb = ids if ids.ndim == 3 else np.stack([ids, ids * 0 + 300, ids * 0], axis=2)
        cv2.imwrite(str(path), rgb[:, :, ::-1])
        return
    if encoding == 'rgba':
        image = Image.fromarray(np.stack([ids, ids * 0 + 7, ids * 0 + 9, ids * 0 + 255], axis=2))
    else:
        image = Image.fromarray(ids)
    if encoding == 'palette':
        image.putpalette([255 - value // 3 for value in range(768)])
    image.save(path)


def write_dataset(root: Path, name: str, ids: np.ndarray, image: np.ndarray | None = None) -> dict:
    """Write a data set of one image, and return its config without pipeline."""
    layout = LAYOUTS[name]
    write_image(root / layout.image, np.zeros((*ids.shape[:2], 3), np.uint8) if image is None else image)
    write_label(root / layout.label, ids, layout.encoding)
    config = dict(type=name, data_root=str(root))
    return config if layout.prefix is None else dict(config, data_prefix=layout.prefix)


def write_camvid(root: Path, split: str, count: int, size: tuple[int, int] = (12, 16)) -> None:
    """Write ``count`` labeled CamVid images of random content, (height, width) = ``size``."""
    for index in range(count):
        rng = np.random.default_rng(index)
        write_image(root / f'images/{split}/{index:02d}.jpg', rng.integers(0, 256, (*size, 3), np.uint8))
        write_label(
            root / f'labels/{split}/{index:02d}.png',
            rng.integers(0, len(CAMVID_CLASSES) + 1, size).astype(np.uint8),
            'gray',
        )
