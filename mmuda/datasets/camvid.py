"""CamVid in its 11-class form."""

from mmseg.registry import DATASETS

from mmuda.datasets import classes, label_maps
from mmuda.datasets.folder_dataset import FolderDataset


@DATASETS.register_module()
class CamVidDataset(FolderDataset):
    """CamVid, 11 classes (Brostow et al., Pattern Recognition Letters 2009), split by daylight.

    Layout below ``data_root``: ``images/<split>/*.jpg``, ``labels/<split>/*.png`` (8-bit ids 0..10,
    11 = void). The default prefix is the labeled split ``day_train``.
    """

    METAINFO = dict(classes=classes.CAMVID_CLASSES, palette=label_maps.CAMVID_PALETTE)
    DATA_PREFIX = dict(img_path='images/day_train', seg_map_path='labels/day_train')
    IMG_SUFFIX = '.jpg'
    LABEL_FORMAT = label_maps.CAMVID
    HOW_TO_GET = (
        'Put or link CamVid so that data_root holds images/<split>/ and labels/<split>/, see configs/camvid/README.md.'
    )
