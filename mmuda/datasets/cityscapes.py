"""Cityscapes in its published form; the stock CityscapesDataset needs converted label files."""

from mmseg.registry import DATASETS

from mmuda.datasets import classes, label_maps
from mmuda.datasets.folder_dataset import FolderDataset


@DATASETS.register_module()
class CityscapesLabelIdsDataset(FolderDataset):
    """Cityscapes with its published ``*_gtFine_labelIds.png``, 19 classes (Cordts et al., CVPR 2016).

    Layout below ``data_root``: ``leftImg8bit/<split>/<city>/*_leftImg8bit.png``,
    ``gtFine/<split>/<city>/*_gtFine_labelIds.png``. The default prefix is the training split.
    """

    METAINFO = dict(classes=classes.CITYSCAPES_CLASSES, palette=label_maps.CITYSCAPES_PALETTE)
    DATA_PREFIX = dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train')
    IMG_SUFFIX = '_leftImg8bit.png'
    SEG_MAP_SUFFIX = '_gtFine_labelIds.png'
    LABEL_FORMAT = label_maps.CITYSCAPES
    HOW_TO_GET = (
        'Get leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip from '
        'https://www.cityscapes-dataset.com/ and unpack both into data_root.'
    )
    HAS_TOY = True


@DATASETS.register_module()
class Cityscapes9Dataset(CityscapesLabelIdsDataset):
    """Cityscapes in the 9 classes of RobotCar, the source of the cross-city task (Tsai et al., ICCV 2019)."""

    METAINFO = dict(classes=classes.ROBOTCAR_CLASSES, palette=label_maps.ROBOTCAR_PALETTE)
    LABEL_FORMAT = label_maps.CITYSCAPES_AS_ROBOTCAR
