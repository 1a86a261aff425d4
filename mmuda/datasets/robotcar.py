"""Oxford RobotCar with semantic labels."""

from mmseg.registry import DATASETS

from mmuda.datasets import classes, label_maps
from mmuda.datasets.folder_dataset import FolderDataset


@DATASETS.register_module()
class RobotCarDataset(FolderDataset):
    """Oxford RobotCar, 9 classes: 894 unlabeled and 271 labeled images (release of Tsai et al., ICCV 2019).

    Layout below ``data_root``: ``train/<traversal>/<f>`` (no labels), ``val/<f>`` and its labels ``anno/<f>``
    (RGBA PNG, id in channel 0). The default prefix is the unlabeled training part; for evaluation give
    ``data_prefix=dict(img_path='val', seg_map_path='anno')``.
    """

    METAINFO = dict(classes=classes.ROBOTCAR_CLASSES, palette=label_maps.ROBOTCAR_PALETTE)
    DATA_PREFIX = dict(img_path='train')
    LABEL_FORMAT = label_maps.ROBOTCAR
    HOW_TO_GET = (
        'Get the Oxford RobotCar release of "Domain Adaptation for Structured Output via '
        'Discriminative Patch Representations" (NEC Labs page of the paper) so that data_root '
        'holds train/, val/ and anno/.'
    )
    HAS_TOY = True
