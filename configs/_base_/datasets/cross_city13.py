# The 13 classes that the NTHU cross-city data share with Cityscapes.
metainfo = dict(
    classes=(
        'road',
        'sidewalk',
        'building',
        'traffic light',
        'traffic sign',
        'vegetation',
        'sky',
        'person',
        'rider',
        'car',
        'bus',
        'motorcycle',
        'bicycle',
    )
)
