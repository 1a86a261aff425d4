"""The four cities of the cross-city task."""

from collections.abc import Sequence
from typing import Any

from mmseg.registry import DATASETS

from mmuda.datasets import classes, label_maps
from mmuda.datasets.files.image_files import list_files, stem_of
from mmuda.datasets.folder_dataset import FolderDataset

_SUFFIXES = ('.png', '.jpg')


@DATASETS.register_module()
class CrossCityDataset(FolderDataset):
    """One city of the NTHU cross-city data, 13 classes (Chen et al., "No More Discrimination", ICCV 2017).

    One data set is one of the cities Rome, Rio, Tokyo and Taipei. Layout below ``data_root``, the folder of the city:
    ``Images/Train/<id>.png`` (about 3,200 images without labels), ``Images/Test/<id>.png`` (100) with
    ``Labels/Test/<id>_eval.png`` (Cityscapes label ids), and the lists of ids ``List/train.txt`` and ``List/test.txt``,
    which can be given as ``ann_file``. Images may be ``.jpg`` files and may differ in size.

    The default prefix is the unlabeled training part; for evaluation give
    ``data_prefix=dict(img_path='Images/Test', seg_map_path='Labels/Test')``. The source of the task is
    ``CityscapesLabelIdsDataset`` with ``metainfo=dict(classes='cross_city13')``.

    Args:
        img_suffix (str | Sequence[str], optional): End of image file names. Defaults to None: ``.png``, or ``.jpg``
            where the image folder has no ``.png`` file.
        kwargs: As for :class:`~mmuda.datasets.FolderDataset`.
    """

    METAINFO = dict(classes=classes.CROSS_CITY_CLASSES, palette=label_maps.CROSS_CITY_PALETTE)
    DATA_PREFIX = dict(img_path='Images/Train')
    SEG_MAP_SUFFIX = '_eval.png'
    LABEL_FORMAT = label_maps.CROSS_CITY
    HOW_TO_GET = (
        'Get the data of "No More Discrimination: Cross City Adaptation of Road Scene Segmenters" (NTHU) so '
        'that data_root, the folder of one city, holds Images/, Labels/ and List/.'
    )

    def __init__(self, img_suffix: str | Sequence[str] | None = None, **kwargs: Any) -> None:
        self._find_suffix = img_suffix is None
        super().__init__(img_suffix=img_suffix, **kwargs)

    def load_data_list(self) -> list[dict]:
        """List images and labels, see :class:`~mmuda.datasets.FolderDataset`."""
        if self._find_suffix:
            self.img_suffix = self._suffix_of(self.data_prefix.get('img_path', ''))
        return super().load_data_list()

    def _suffix_of(self, folder: str) -> str:
        names = list_files(folder, self.backend_args)
        found = (suffix for suffix in _SUFFIXES if any(stem_of(name, suffix) is not None for name in names))
        return next(found, self.IMG_SUFFIX)


@DATASETS.register_module()
class CrossCity19Dataset(CrossCityDataset):
    """The same with the 19 Cityscapes training ids, for models of 19 classes that are scored on the 13."""

    METAINFO = dict(classes=classes.CITYSCAPES_CLASSES, palette=label_maps.CITYSCAPES_PALETTE)
    LABEL_FORMAT = label_maps.CROSS_CITY_19
