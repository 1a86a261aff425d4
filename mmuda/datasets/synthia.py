"""SYNTHIA-RAND-CITYSCAPES."""

from typing import Any

from mmseg.registry import DATASETS

from mmuda.datasets import classes, label_maps
from mmuda.datasets.folder_dataset import FolderDataset


@DATASETS.register_module()
class SynthiaDataset(FolderDataset):
    """SYNTHIA-RAND-CITYSCAPES: 9,400 rendered street scenes (Ros et al., CVPR 2016).

    Layout below ``data_root``: ``RGB/0000000.png``, ``GT/LABELS/0000000.png`` (16-bit PNG of 3 channels, the
    class id in the red one). 16 of the 19 Cityscapes classes occur; the ids stay those of the 19-way space.

    Args:
        lane_marking_is_road (bool): Whether lane marking (raw id 22) is road, as in CRST's code, or ignored, as in
            the code of all other methods here. Defaults to False.
        kwargs: As for :class:`FolderDataset`.

    Raises:
        ValueError: If ``lane_marking_is_road`` is set for other classes, which say themselves what lane marking is.
    """

    METAINFO = dict(classes=classes.CITYSCAPES_CLASSES, palette=label_maps.CITYSCAPES_PALETTE)
    DATA_PREFIX = dict(img_path='RGB', seg_map_path='GT/LABELS')
    LABEL_FORMAT = label_maps.SYNTHIA
    HOW_TO_GET = (
        'Get SYNTHIA-RAND-CITYSCAPES from https://synthia-dataset.net/ and unpack it so that '
        'data_root holds RGB/ and GT/LABELS/.'
    )
    HAS_TOY = True

    def __init__(self, lane_marking_is_road: bool = False, **kwargs: Any) -> None:
        if lane_marking_is_road:
            if self.LABEL_FORMAT is not label_maps.SYNTHIA:
                raise ValueError(
                    f'{type(self).__name__}: lane_marking_is_road is of the classes of Cityscapes; the label table of '
                    'this data set says itself what lane marking is. Remove it'
                )
            self.LABEL_FORMAT = label_maps.SYNTHIA_WITH_LANE_MARKING
        super().__init__(**kwargs)
