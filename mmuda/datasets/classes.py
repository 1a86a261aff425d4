"""Names of classes, each list once, in the order of the training ids.

Configs name a list: ``metainfo=dict(classes='synthia16')`` of a data set, ``protocols=dict(mIoU16='synthia16')`` of
``UDAIoUMetric``.
"""

from collections.abc import Sequence

CITYSCAPES_CLASSES = (
    'road',
    'sidewalk',
    'building',
    'wall',
    'fence',
    'pole',
    'traffic light',
    'traffic sign',
    'vegetation',
    'terrain',
    'sky',
    'person',
    'rider',
    'car',
    'truck',
    'bus',
    'train',
    'motorcycle',
    'bicycle',
)

# SYNTHIA has no terrain, truck and train.
SYNTHIA_16_CLASSES = tuple(name for name in CITYSCAPES_CLASSES if name not in ('terrain', 'truck', 'train'))
# The 13 that the cross-city data (NTHU) have, and over which early papers on SYNTHIA report the mIoU.
CROSS_CITY_CLASSES = tuple(name for name in SYNTHIA_16_CLASSES if name not in ('wall', 'fence', 'pole'))

# The categories of depth-aware adaptation, over SYNTHIA, Cityscapes and Mapillary Vistas.
SEVEN_CLASSES = ('flat', 'construction', 'object', 'nature', 'sky', 'human', 'vehicle')

ROBOTCAR_CLASSES = (
    'sky',
    'person',
    'two-wheel',
    'automobile',
    'traffic sign',
    'traffic light',
    'building',
    'sidewalk',
    'road',
)

CAMVID_CLASSES = (
    'sky',
    'building',
    'pole',
    'road',
    'pavement',
    'tree',
    'sign',
    'fence',
    'car',
    'pedestrian',
    'bicyclist',
)

CLASS_LISTS: dict[str, tuple[str, ...]] = dict(
    cityscapes19=CITYSCAPES_CLASSES,
    synthia16=SYNTHIA_16_CLASSES,
    synthia13=CROSS_CITY_CLASSES,
    cross_city13=CROSS_CITY_CLASSES,
    categories7=SEVEN_CLASSES,
    robotcar9=ROBOTCAR_CLASSES,
    camvid11=CAMVID_CLASSES,
)


def class_names(classes: str | Sequence[str]) -> Sequence[str]:
    """Return the names of a list of :data:`CLASS_LISTS`, or what is no name of one, unchanged."""
    return CLASS_LISTS.get(classes, classes) if isinstance(classes, str) else classes
