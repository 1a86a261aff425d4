"""Loading of label ids as published."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS
from PIL import Image

from mmuda.datasets.files.image_files import MAX_PIXELS
from mmuda.datasets.files.label_files import read_label_ids
from mmuda.datasets.label_maps import train_ids

_ON_SIZE_MISMATCH = ('error', 'resize')
_TRAIN_IDS = train_ids()


@TRANSFORMS.register_module()
class LoadLabelIds(BaseTransform):
    """Read a label file in the encoding of its data set and map its ids to training ids.

    Use it instead of mmseg's ``LoadAnnotations``, which reads neither 16-bit and RGBA labels nor id tables, and does
    not check values and sizes. The data set says in ``label_format`` how its files are read; without it (stock data
    sets) the files hold training ids.

    Required keys: ``seg_map_path``; ``label_format``, ``label_map``, ``num_classes``, ``ori_shape`` where given.
    Added keys: ``gt_seg_map`` ((H, W) uint8, 255 is ignored), ``seg_fields``.

    Args:
        on_size_mismatch (str): What to do with a label of another size than its image: ``'error'``, or
            ``'resize'`` it to the image (nearest). Defaults to ``'error'``.
        required (bool): Whether an image without ``seg_map_path`` is an error. False leaves it unlabeled, so that
            a test pipeline also serves inference. Defaults to True.
        backend_args (dict, optional): Arguments of the mmengine file backend. Defaults to None.
        max_pixels (int): Larger labels are refused before they are decoded. Defaults to 100,000,000.

    Raises:
        OSError: If the file is missing, damaged, too large or of another encoding.
        ValueError: If the label has another size than the image, or a value that is no class.
        KeyError: If the image has no label and ``required`` is True.
    """

    def __init__(
        self,
        on_size_mismatch: str = 'error',
        required: bool = True,
        backend_args: dict | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        if on_size_mismatch not in _ON_SIZE_MISMATCH:
            raise ValueError(
                f'LoadLabelIds: on_size_mismatch = {on_size_mismatch!r}, expected one of {_ON_SIZE_MISMATCH}'
            )
        self.on_size_mismatch = on_size_mismatch
        self.required = required
        self.backend_args = backend_args
        self.max_pixels = max_pixels

    def transform(self, results: dict) -> dict:
        """Add ``gt_seg_map`` to the results."""
        if 'seg_map_path' not in results:
            if not self.required:
                return results
            raise KeyError(
                f'LoadLabelIds: image {results.get("img_path")} has no label path; its data set is '
                'unlabeled (no seg_map_path in data_prefix). Remove LoadLabelIds from its pipeline.'
            )
        if results.get('reduce_zero_label'):
            raise ValueError(
                'LoadLabelIds: reduce_zero_label=True of the data set is not applied here. Give it a '
                'LABEL_FORMAT whose table leaves id 0 out, see docs/get_started.md'
            )
        results['gt_seg_map'] = self._fit(read_train_ids(results, self.backend_args, self.max_pixels), results)
        # a new list: test-time augmentation loads the label once per view into copies that share the old one
        results['seg_fields'] = [*results.get('seg_fields', []), 'gt_seg_map']
        return results

    def _fit(self, label: np.ndarray, results: dict) -> np.ndarray:
        image_shape = tuple(results.get('ori_shape', label.shape)[:2])
        if label.shape == image_shape:
            return label
        if self.on_size_mismatch == 'resize':
            return np.array(Image.fromarray(label).resize(image_shape[::-1], Image.Resampling.NEAREST))
        raise ValueError(
            f'label file {results["seg_map_path"]} has (H, W) = {label.shape}, its image '
            f'{results.get("img_path")} has {image_shape}. Get the matching file, or set '
            "on_size_mismatch='resize' of LoadLabelIds to stretch the label."
        )

    def __repr__(self) -> str:
        return f'{type(self).__name__}(on_size_mismatch={self.on_size_mismatch!r}, required={self.required})'


def read_train_ids(info: dict, backend_args: dict | None = None, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read the label of one entry of a data set.

    Args:
        info (dict): ``seg_map_path``; ``label_format``, ``label_map``, ``num_classes`` where given.
        backend_args (dict, optional): Arguments of the mmengine file backend.
        max_pixels (int): Larger labels are refused. Defaults to 100,000,000.

    Returns:
        np.ndarray: (H, W) uint8 training ids, 255 is ignored.

    Raises:
        OSError: If the file is missing, damaged or of another encoding.
        ValueError: If it has a value that is no class.
    """
    return to_train_ids(read_ids(info, backend_args, max_pixels), info)


def read_ids(info: dict, backend_args: dict | None = None, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read the label of one entry of a data set as it is in the file; arguments as of :func:`read_train_ids`.

    Returns:
        np.ndarray: (H, W) uint8 or uint16 ids of the file.

    Raises:
        OSError: If the file is missing, damaged or of another encoding.
    """
    decoder = info.get('label_format', _TRAIN_IDS).decoder
    return read_label_ids(info['seg_map_path'], decoder, backend_args, max_pixels)


def to_train_ids(ids: np.ndarray, info: dict) -> np.ndarray:
    """Map the ids of a label file to training ids.

    Args:
        ids (np.ndarray): (H, W) uint8 or uint16, from :func:`read_ids`.
        info (dict): The entry, as of :func:`read_train_ids`.

    Returns:
        np.ndarray: (H, W) uint8 training ids, 255 is ignored.

    Raises:
        ValueError: If there is a value that is no class.
    """
    lookup = info.get('label_format', _TRAIN_IDS).lookup
    if info.get('label_map') is not None:  # a subset of the classes was chosen in the config
        lookup = _subset_lookup(info['label_map'])[lookup]
    label = lookup[ids]
    _check_classes(label, lookup, info)
    return label


def _check_classes(label: np.ndarray, lookup: np.ndarray, results: dict) -> None:
    """Refuse values beyond the classes; labels are not looked through where the table gives none."""
    num_classes = results.get('num_classes')
    if num_classes is None or not _beyond(lookup, num_classes).any():
        return
    beyond = _beyond(label, num_classes)
    if beyond.any():
        raise ValueError(
            f'label file {results["seg_map_path"]} has the values {np.unique(label[beyond]).tolist()}, but there are '
            f'{num_classes} classes, 0 to {num_classes - 1}; 255 is ignored. Correct the file, or the classes in the '
            "data set's metainfo."
        )


def _beyond(values: np.ndarray, num_classes: int) -> np.ndarray:
    return (values >= num_classes) & (values != 255)


def _subset_lookup(label_map: dict[int, int]) -> np.ndarray:
    lookup = np.arange(256, dtype=np.uint8)
    lookup[list(label_map)] = list(label_map.values())
    return lookup
