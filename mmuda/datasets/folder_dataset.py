"""Images and labels in folders, matched by their stems."""

import os
import os.path as osp
from collections.abc import Sequence
from typing import Any

import mmengine.fileio as fileio
from mmengine.fileio import list_from_file
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS
from PIL import Image

from mmuda.datasets.classes import CLASS_LISTS, class_names
from mmuda.datasets.files.image_files import by_stem, count_suffixes, list_files
from mmuda.datasets.label_maps import LabelFormat, train_ids
from mmuda.utils.transform_names import transform_names


@DATASETS.register_module()
class FolderDataset(BaseSegDataset):
    """A segmentation data set of images and labels in folders, read without conversion.

    It reads your own data: label files hold class indices, the classes come from
    ``metainfo=dict(classes=..., palette=...)``; ``classes='synthia16'`` is a list of
    :data:`mmuda.datasets.classes.CLASS_LISTS`. Subclasses read published data sets: they say where images and labels
    are and how the label files are encoded, which the pipeline's ``LoadLabelIds`` applies. Without ``seg_map_path`` in
    ``data_prefix`` the data set is unlabeled and its labels are never looked for. At the start the folders are listed,
    no image or label is opened.

    The label of an image has the image's stem: ``<seg_map_path>/<stem><seg_map_suffix>`` for the image
    ``<img_path>/<stem><img_suffix>``. Subfolders are part of the stem. In suffixes case does not matter, and ``.jpg``
    stands for ``.jpeg``, too. Other files in the image folder are left out; ``DataSummaryHook`` says how many.

    Args:
        data_prefix (dict, optional): ``img_path`` and, for labeled data, ``seg_map_path``, relative to
            ``data_root``. Defaults to the class's ``DATA_PREFIX``.
        img_suffix (str | Sequence[str], optional): End of image file names, or several. Defaults to the class's
            ``IMG_SUFFIX``.
        seg_map_suffix (str | Sequence[str], optional): End of label file names, or several. Defaults to
            the class's ``SEG_MAP_SUFFIX``.
        kwargs: As for ``mmseg.datasets.BaseSegDataset`` (``data_root``, ``ann_file``, ``pipeline``, ...).
            ``ann_file`` is a list of images, one per line: the path relative to the image folder without
            ``img_suffix``.

    Attributes:
        left_out (list[str]): Sentences that say which files of the folders are not in use.

    Raises:
        ValueError: If there are no classes or there is no ``img_path``, the classes are a string, two images have one
            stem, or the pipeline has mmseg's ``LoadAnnotations``, which knows nothing of published ids.
        FileNotFoundError: If the image folder is missing or empty, ``ann_file`` or an image in it is missing, or
            an image has no label file.
    """

    DATA_PREFIX: dict[str, str] = {}
    IMG_SUFFIX = '.png'
    SEG_MAP_SUFFIX = '.png'
    LABEL_FORMAT: LabelFormat = train_ids()
    HOW_TO_GET = 'Check data_root and data_prefix in the config.'
    HAS_TOY = False  # whether tools/make_toy_data.py writes this layout

    def __init__(
        self,
        data_prefix: dict | None = None,
        img_suffix: str | Sequence[str] | None = None,
        seg_map_suffix: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if any(name.split('.')[-1] == 'LoadAnnotations' for name in transform_names(kwargs.get('pipeline', []))):
            raise ValueError(
                f'{type(self).__name__}: LoadAnnotations in the pipeline would take published ids for '
                "classes. Use dict(type='LoadLabelIds') instead."
            )
        metainfo = _with_class_names(kwargs.pop('metainfo', None), type(self).__name__)
        self.left_out: list[str] = []
        super().__init__(
            data_prefix=dict(self.DATA_PREFIX if data_prefix is None else data_prefix),
            img_suffix=self.IMG_SUFFIX if img_suffix is None else img_suffix,
            seg_map_suffix=self.SEG_MAP_SUFFIX if seg_map_suffix is None else seg_map_suffix,
            metainfo=metainfo,
            **kwargs,
        )
        if not self.metainfo.get('classes'):
            raise ValueError(
                f'{type(self).__name__}: the classes are not known. Give the data set '
                'metainfo=dict(classes=(...), palette=[...]).'
            )

    def load_data_list(self) -> list[dict]:
        """List images and labels, and check that they are there.

        Returns:
            list[dict]: One entry per image, as in ``mmseg.datasets.BaseSegDataset``.
        """
        image_dir, label_dir = self.data_prefix.get('img_path', ''), self.data_prefix.get('seg_map_path')
        self._check_places(image_dir)
        images, others = self._by_stem(list_files(image_dir, self.backend_args), self.img_suffix, image_dir)
        self.left_out = []
        if others:
            self.left_out.append(f'{len(others)} files do not end in {self.img_suffix!r} ({count_suffixes(others)})')
        stems = self._stems(images, image_dir)
        if not stems:
            place = (
                f'image list {_absolute(self.ann_file)!r} is empty'
                if self.ann_file
                else f'folder {_absolute(image_dir)!r} holds no file that ends in {self.img_suffix!r}'
                + (f', but {count_suffixes(others)}: set img_suffix' if others else '')
            )
            raise FileNotFoundError(f'{type(self).__name__}: {place}. {self._hint()}')
        data_list = [self._entry(img_path=osp.join(image_dir, images[stem])) for stem in stems]
        if label_dir is not None:
            for info, label in zip(data_list, self._labels(stems, images, label_dir)):
                info['seg_map_path'] = label
        return data_list

    def _check_places(self, image_dir: str) -> None:
        """Check that there is what the config names, before anything is listed."""
        if not image_dir:
            raise ValueError(
                f'{type(self).__name__}: there is no img_path in data_prefix = {self.data_prefix}. Give '
                'the data set data_prefix=dict(img_path=<folder below data_root>).'
            )
        if not fileio.isdir(image_dir, backend_args=self.backend_args):
            raise FileNotFoundError(
                f'{type(self).__name__}: there is no image folder {_absolute(image_dir)!r}. {self._hint()}'
            )
        if self.ann_file and not fileio.exists(self.ann_file, backend_args=self.backend_args):
            raise FileNotFoundError(
                f'{type(self).__name__}: there is no image list {_absolute(self.ann_file)!r}. Correct ann_file, or '
                'leave it empty to use every image of the folder.'
            )

    def _by_stem(self, names: list[str], suffix: str | Sequence[str], folder: str) -> tuple[dict, list[str]]:
        try:
            return by_stem(names, suffix)
        except ValueError as error:
            raise ValueError(f'{type(self).__name__}: in {_absolute(folder)!r}, {error}') from None

    def _stems(self, images: dict[str, str], image_dir: str) -> list[str]:
        """Stems of the images in use: those of the list in its order, or all in the order of their names."""
        if not self.ann_file:
            return sorted(images, key=images.__getitem__)
        stems = [line.strip() for line in list_from_file(self.ann_file, backend_args=self.backend_args)]
        missing = [stem for stem in stems if stem not in images]
        if missing:
            first = osp.join(image_dir, missing[0] + self._first(self.img_suffix))
            raise FileNotFoundError(
                f'{type(self).__name__}: {len(missing)} images of the list {_absolute(self.ann_file)!r} are '
                f'missing, first at {_absolute(first)!r}. A line of the list is the path of an image relative '
                f'to {_absolute(image_dir)!r} without {self.img_suffix!r}.'
            )
        if len(images) > len(set(stems)):
            self.left_out.append(f'{len(images) - len(set(stems))} images are not in the list {self.ann_file}')
        return stems

    def _labels(self, stems: list[str], images: dict[str, str], label_dir: str) -> list[str]:
        """Paths of the labels of images."""
        labels, _ = self._by_stem(list_files(label_dir, self.backend_args), self.seg_map_suffix, label_dir)
        missing = [stem for stem in stems if stem not in labels]
        if missing:
            expected = [_absolute(osp.join(label_dir, stem + self._first(self.seg_map_suffix))) for stem in missing[:3]]
            raise FileNotFoundError(
                f'{type(self).__name__}: {len(missing)} images have no label file, the first are missing at '
                f'{expected}. The label of an image has its stem and the suffix {self.seg_map_suffix!r}: that of '
                f'{images[missing[0]]!r} is {missing[0] + self._first(self.seg_map_suffix)!r} in seg_map_path. '
                f'{self._hint()} For unlabeled use leave seg_map_path out of data_prefix.'
            )
        alone = sorted(set(labels) - set(images))
        if alone:
            self.left_out.append(f'{len(alone)} label files have no image (first: {labels[alone[0]]})')
        return [osp.join(label_dir, labels[stem]) for stem in stems]

    def _entry(self, img_path: str) -> dict:
        return dict(
            img_path=img_path, label_map=self.label_map, reduce_zero_label=self.reduce_zero_label, seg_fields=[]
        )

    @staticmethod
    def _first(suffix: str | Sequence[str]) -> str:
        return suffix if isinstance(suffix, str) else suffix[0]

    def get_data_info(self, idx: int) -> dict:
        """The entry of one image, with the encoding of its label (``label_format``) and ``num_classes``."""
        return {
            **super().get_data_info(idx),
            'label_format': self.LABEL_FORMAT,
            'num_classes': len(self._metainfo['classes']),
        }  # metainfo itself is a copy

    def prepare_data(self, idx: int) -> dict:
        """Pass one image through the pipeline.

        Raises:
            OSError: If a file cannot be read; the message names it.
        """
        try:
            return super().prepare_data(idx)
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # Pillow's; stock loading names no file
            info = self.get_data_info(idx)
            named = any(info.get(key) and info[key] in str(error) for key in ('img_path', 'seg_map_path'))
            if named or (isinstance(error, OSError) and error.filename is not None):
                raise
            raise OSError(f'cannot read image {info["img_path"]}: {error}') from error

    def _hint(self) -> str:
        toy = ' For the toy data set run `python tools/make_toy_data.py`.' if self.HAS_TOY else ''
        return f'{self.HOW_TO_GET} Relative paths start where training is started, at {os.getcwd()!r}.{toy}'


def _with_class_names(metainfo: dict | None, owner: str) -> dict | None:
    """Put the names of a class list into ``metainfo`` where it names the list."""
    if metainfo is None or 'classes' not in metainfo:
        return metainfo
    classes = class_names(metainfo['classes'])
    if isinstance(classes, str) and not osp.isfile(classes):  # mmengine reads classes from a file
        raise ValueError(
            f'{owner}: classes = {classes!r} in metainfo is a string, but neither a file nor one of '
            f'{sorted(CLASS_LISTS)}; its letters would be the classes. '
            f'One class is a tuple with a comma: classes=({classes!r}, )'
        )
    return dict(metainfo, classes=classes)


def _absolute(path: str) -> str:
    return path if '://' in path else osp.abspath(path)
