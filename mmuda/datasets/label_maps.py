"""Label ids of the published data sets, once, as data.

Every table maps a raw id of the published files to a training id; ids that are not in the
table are ignored. Palettes (RGB) are in the order of the training ids, as the names are in
:mod:`mmuda.datasets.classes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmuda.datasets.classes import CAMVID_CLASSES, CITYSCAPES_CLASSES, CROSS_CITY_CLASSES

IGNORE_INDEX = 255

CITYSCAPES_PALETTE = [
    [128, 64, 128],
    [244, 35, 232],
    [70, 70, 70],
    [102, 102, 156],
    [190, 153, 153],
    [153, 153, 153],
    [250, 170, 30],
    [220, 220, 0],
    [107, 142, 35],
    [152, 251, 152],
    [70, 130, 180],
    [220, 20, 60],
    [255, 0, 0],
    [0, 0, 142],
    [0, 0, 70],
    [0, 60, 100],
    [0, 80, 100],
    [0, 0, 230],
    [119, 11, 32],
]

CROSS_CITY_PALETTE = [CITYSCAPES_PALETTE[CITYSCAPES_CLASSES.index(name)] for name in CROSS_CITY_CLASSES]

ROBOTCAR_PALETTE = [
    [70, 130, 180],
    [220, 20, 60],
    [119, 11, 32],
    [0, 0, 142],
    [220, 220, 0],
    [250, 170, 30],
    [70, 70, 70],
    [244, 35, 232],
    [128, 64, 128],
]

CAMVID_PALETTE = [
    [70, 130, 180],
    [70, 70, 70],
    [153, 153, 153],
    [128, 64, 128],
    [244, 35, 232],
    [107, 142, 35],
    [220, 220, 0],
    [190, 153, 153],
    [0, 0, 142],
    [220, 20, 60],
    [119, 11, 32],
]

CITYSCAPES_IDS = {
    7: 0,
    8: 1,
    11: 2,
    12: 3,
    13: 4,
    17: 5,
    19: 6,
    20: 7,
    21: 8,
    22: 9,
    23: 10,
    24: 11,
    25: 12,
    26: 13,
    27: 14,
    28: 15,
    31: 16,
    32: 17,
    33: 18,
}
"""GTA5 and Cityscapes: label ids to the 19 Cityscapes training ids."""

SYNTHIA_IDS = {
    3: 0,
    4: 1,
    2: 2,
    21: 3,
    5: 4,
    7: 5,
    15: 6,
    9: 7,
    6: 8,
    16: 9,
    1: 10,
    10: 11,
    17: 12,
    8: 13,
    18: 14,
    19: 15,
    20: 16,
    12: 17,
    11: 18,
}
"""SYNTHIA-RAND-CITYSCAPES to the 19-way ids; terrain (9), truck (14) and train (16) never occur in it."""

SYNTHIA_IDS_WITH_LANE_MARKING = {**SYNTHIA_IDS, 22: 0}
"""The same with lane marking (22) as road, as in CRST's code (Zou et al., ICCV 2019)."""

ROBOTCAR_IDS = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 10: 7, 11: 8, 12: 8, 13: 8, 14: 8, 17: 8}
"""Oxford RobotCar (release of Tsai et al., ICCV 2019) to its 9 classes."""

CITYSCAPES_IDS_TO_ROBOTCAR = {7: 8, 8: 7, 11: 6, 19: 5, 20: 4, 23: 0, 24: 1, 25: 1, 26: 3, 27: 3, 28: 3, 32: 2, 33: 2}
"""Cityscapes label ids to the 9 RobotCar classes; wall, fence, pole, vegetation, terrain, train: ignored."""

CROSS_CITY_19_IDS = {
    raw: train for raw, train in CITYSCAPES_IDS.items() if CITYSCAPES_CLASSES[train] in CROSS_CITY_CLASSES
}
"""Label ids of the cross-city data (those of Cityscapes) to the 19 Cityscapes training ids."""

CROSS_CITY_IDS = {raw: CROSS_CITY_CLASSES.index(CITYSCAPES_CLASSES[train]) for raw, train in CROSS_CITY_19_IDS.items()}
"""Label ids of the cross-city data to its 13 classes."""

CAMVID_IDS = {index: index for index in range(len(CAMVID_CLASSES))}
"""CamVid in the 11-class form: ids are training ids, 11 (void) is ignored."""


def lookup_array(table: Mapping[int, int], size: int = 256) -> np.ndarray:
    """Turn an id table into an array that maps raw ids by indexing.

    Args:
        table (Mapping[int, int]): Raw id -> training id, both non-negative.
        size (int): Number of raw values: 256 for 8-bit files, 65536 for 16-bit files. Defaults to 256.

    Returns:
        np.ndarray: (size,) uint8; ids that are not in the table become 255.

    Raises:
        ValueError: If a raw id does not fit ``size`` or a training id does not fit 8 bits.

    Example:
        >>> lookup_array({7: 0, 8: 1})[np.array([7, 8, 9])]
        array([  0,   1, 255], dtype=uint8)
    """
    lookup = np.full(size, IGNORE_INDEX, np.uint8)
    for raw, train in table.items():
        if not 0 <= raw < size or not 0 <= train <= IGNORE_INDEX:
            raise ValueError(
                f'label table entry {raw} -> {train}: expected a raw id in 0..{size - 1} and a '
                f'training id in 0..{IGNORE_INDEX}'
            )
        lookup[raw] = train
    return lookup


def label_ids(table: Mapping[int, int]) -> np.ndarray:
    """The raw id of every class, in the order of the training ids, whatever the order of the table.

    Args:
        table (Mapping[int, int]): Raw id -> training id; each training id from 0 upwards once.

    Returns:
        np.ndarray: (C,) int64, for writing training ids as raw ids by indexing.

    Raises:
        ValueError: If a training id stands twice or one is left out.

    Example:
        >>> label_ids({11: 2, 8: 1, 7: 0})
        array([ 7,  8, 11])
    """
    if sorted(table.values()) != list(range(len(table))):
        raise ValueError(
            f'label table with the training ids {sorted(table.values())}: expected each of 0 to '
            f'{len(table) - 1} once, as a class with two raw ids cannot be written'
        )
    raw_of = {train: raw for raw, train in table.items()}
    return np.array([raw_of[train] for train in range(len(table))])


@dataclass(frozen=True)
class LabelFormat:
    """How the label files of a data set are read.

    Args:
        decoder (str): One of the keys of :data:`mmuda.datasets.files.label_files.DECODERS`.
        lookup (np.ndarray): (256,) or, for 16-bit files, (65536,) uint8: raw id -> training id.
    """

    decoder: str
    lookup: np.ndarray


GTA = LabelFormat('index', lookup_array(CITYSCAPES_IDS))
CITYSCAPES = LabelFormat('index', lookup_array(CITYSCAPES_IDS))
CITYSCAPES_AS_ROBOTCAR = LabelFormat('index', lookup_array(CITYSCAPES_IDS_TO_ROBOTCAR))
SYNTHIA = LabelFormat('red16', lookup_array(SYNTHIA_IDS, size=65536))
SYNTHIA_WITH_LANE_MARKING = LabelFormat('red16', lookup_array(SYNTHIA_IDS_WITH_LANE_MARKING, size=65536))
ROBOTCAR = LabelFormat('channel0', lookup_array(ROBOTCAR_IDS))
CROSS_CITY = LabelFormat('index', lookup_array(CROSS_CITY_IDS))
CROSS_CITY_19 = LabelFormat('index', lookup_array(CROSS_CITY_19_IDS))
CAMVID = LabelFormat('index', lookup_array(CAMVID_IDS))


def train_ids(num_classes: int = 256) -> LabelFormat:
    """Files that hold training ids already (pseudo labels, ``*_labelTrainIds.png``).

    Args:
        num_classes (int): Values of ``num_classes`` and above are ignored. Defaults to 256: no change.

    Returns:
        LabelFormat: Identity below ``num_classes``, 255 elsewhere.
    """
    return LabelFormat('index', lookup_array({index: index for index in range(num_classes)}))
