"""GTA5 (Playing for Data)."""

from mmseg.registry import DATASETS

from mmuda.datasets import classes, label_maps
from mmuda.datasets.folder_dataset import FolderDataset


@DATASETS.register_module()
class GTADataset(FolderDataset):
    """GTA5: 24,966 rendered street scenes (Richter et al., Playing for Data, ECCV 2016).

    Layout below ``data_root``: ``images/00001.png``, ``labels/00001.png`` (paletted PNG whose indices are
    Cityscapes label ids). Images are 1914x1052, except a few; for labels that differ in size from
    their image there is ``dict(type='LoadLabelIds', on_size_mismatch='resize')``.
    """

    METAINFO = dict(classes=classes.CITYSCAPES_CLASSES, palette=label_maps.CITYSCAPES_PALETTE)
    DATA_PREFIX = dict(img_path='images', seg_map_path='labels')
    LABEL_FORMAT = label_maps.GTA
    HOW_TO_GET = (
        'Get GTA5 from https://download.visinf.tu-darmstadt.de/data/from_games/ and unpack all '
        'parts so that data_root holds images/ and labels/.'
    )
    HAS_TOY = True
