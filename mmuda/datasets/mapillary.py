"""Mapillary Vistas."""

from mmseg.registry import DATASETS

from mmuda.datasets.classes import SEVEN_CLASSES
from mmuda.datasets.folder_dataset import FolderDataset
from mmuda.datasets.label_maps import LabelFormat, lookup_array
from mmuda.datasets.seven_classes import MAPILLARY_IDS_7, SEVEN_PALETTE


@DATASETS.register_module()
class MapillaryDataset(FolderDataset):
    """Mapillary Vistas 1.x in 7 classes (Neuhold et al., ICCV 2017): 18,000 and 2,000 photos of many sizes.

    Layout below ``data_root``: ``training/images/*.jpg``, ``training/labels/*.png`` (paletted PNG, 66 labels), and
    ``validation`` likewise. The default prefix is the training split. ``FitAndPad`` brings the photos to one size.
    """

    METAINFO = dict(classes=SEVEN_CLASSES, palette=SEVEN_PALETTE)
    DATA_PREFIX = dict(img_path='training/images', seg_map_path='training/labels')
    IMG_SUFFIX = '.jpg'
    LABEL_FORMAT = LabelFormat('index', lookup_array(MAPILLARY_IDS_7))
    HOW_TO_GET = (
        'Get Mapillary Vistas 1.x from https://www.mapillary.com/dataset/vistas and unpack it so that data_root holds '
        'training/ and validation/, each with images/ and labels/.'
    )
    HAS_TOY = True
