"""Making the spatial prior of CBST-SP: where in the image each class occurs."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from mmengine.dataset import BaseDataset
from mmengine.dist import all_reduce, barrier, get_rank, get_world_size, is_main_process
from mmseg.registry import DATASETS, TRANSFORMS
from PIL import Image
from scipy.ndimage import correlate1d

from mmuda.pseudo_labels.store import difference
from mmuda.utils.files import replace_file
from mmuda.utils.progress import progress


class SpatialPriorEstimate:
    """Counts of label maps, and the prior made of them.

    The prior of a class is the share of its pixels that lie at a position, smoothed: counts, a Gaussian
    along rows and columns, 1 as the sum over the positions. Zou et al., ECCV 2018, Sec. 3.3; the paper gives a
    window of 70 x 70, the width of the Gaussian is a choice of this project.

    Args:
        num_classes (int): C.
        shape (tuple[int, int]): (height, width) of the prior: that of the images to be labeled.

    Example:
        >>> estimate = SpatialPriorEstimate(2, (4, 4))
        >>> estimate.update(np.eye(4, dtype=np.uint8))
        >>> estimate.prior(sigma=1., kernel=3).sum(axis=(1, 2))
        array([1., 1.])
    """

    def __init__(self, num_classes: int, shape: tuple[int, int]) -> None:
        self.shape: tuple[int, int] = (shape[0], shape[1])
        self.counts = np.zeros((num_classes, *self.shape), np.int32)

    def update(self, label: np.ndarray) -> None:
        """Count one label map.

        Args:
            label (np.ndarray): (h, w), uint8, class ids; others, like 255, are not counted. Of another size
                than the prior, it is resized (nearest, by Pillow).
        """
        if label.shape != self.shape:
            label = np.array(Image.fromarray(label).resize(self.shape[::-1], Image.Resampling.NEAREST))
        rows, columns = np.nonzero(label < len(self.counts))
        self.counts[label[rows, columns], rows, columns] += 1

    def prior(self, sigma: float, kernel: int, dtype: Any = np.float64) -> np.ndarray:
        """Return the prior (C, H, W), per class with sum 1, or 0 where the class does not occur.

        Args:
            sigma (float): Standard deviation of the Gaussian in pixels.
            kernel (int): Number of its taps.
            dtype (dtype): Of the result; computed in float64. Defaults to float64.
        """
        prior = np.empty(self.counts.shape, dtype)
        for counts, result in zip(self.counts, prior):
            blurred = smooth(counts, sigma, kernel)
            result[:] = blurred / (blurred.sum() or 1)
        return prior


def smooth(counts: np.ndarray, sigma: float, kernel: int) -> np.ndarray:
    """Gaussian smoothing along rows and columns, borders mirrored with the edge (d c b a | a b c d), at least 0.

    Args:
        counts (np.ndarray): (H, W).
        sigma (float): Standard deviation in pixels.
        kernel (int): Number of taps K of the weights, which have sum 1. Tap j weighs the position
            i + j - (K - 1) // 2: an even window reaches one further to the right and the bottom.

    Returns:
        np.ndarray: (H, W), float64.
    """
    weights = np.exp(-((np.arange(kernel) - (kernel - 1) / 2) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    result = np.asarray(counts, np.float64)
    for axis in (0, 1):
        result = correlate1d(result, weights, axis, mode='reflect', origin=kernel % 2 - 1)
    return result.clip(min=0)


def save_prior(path: str | Path, prior: np.ndarray, description: dict[str, Any]) -> None:
    """Write a prior as float32 ``.npy``, and beside it ``<path>.json``, which says what it was made of.

    A prior that is there under ``path`` goes with its description, whenever this is interrupted.

    Args:
        path (str or Path): Ends in ``.npy``.
        prior (np.ndarray): (C, H, W).
        description (dict): JSON values.

    Raises:
        ValueError: If ``path`` has another ending.
        OSError: If it cannot be written.
    """
    path = Path(path)
    if path.suffix != '.npy':
        raise ValueError(f'a spatial prior is written as .npy, got {path}')

    def write(file: BinaryIO) -> None:
        np.save(file, prior.astype(np.float32, copy=False))
        path.unlink(missing_ok=True)
        _description_path(path).write_text(json.dumps(description, indent=2))

    try:
        replace_file(path, write)
    except OSError as error:
        raise OSError(
            error.errno,
            f'cannot write the spatial prior {path} ({error.strerror or error}); free some '
            'space or make the folder writable',
        ) from error


def prior_of(
    dataset: dict | BaseDataset,
    path: str | Path,
    shape: tuple[int, int],
    sigma: float = 70 / 6,
    kernel: int = 70,
    overwrite: bool = False,
) -> Path:
    """Return the file of a data set's spatial prior, which is made if it is missing.

    Labels are read through the label map of the data set, each rank its share; a progress bar shows how far
    it is. To be called on all ranks.

    Args:
        dataset (dict or BaseDataset): Labeled data set, or its config. All images of it count: in a config,
            wrappers with ``dataset`` (``SubsetDataset``) are followed down.
        path (str or Path): The file (``.npy``), in a folder that all ranks see.
        shape (tuple[int, int]): (height, width) of the images to be labeled.
        sigma (float): Standard deviation of the Gaussian in pixels. Defaults to 70 / 6.
        kernel (int): Number of its taps. Defaults to 70.
        overwrite (bool): Whether a prior of another description is replaced instead of refused. Defaults to
            False.

    Returns:
        Path: ``path``.

    Raises:
        ValueError: If the file was made of something else (the message says what differs), the data set
            has no labels, or a setting is out of range.
    """
    path = Path(path)
    if min(shape) < 1 or kernel < 1 or not sigma > 0:
        raise ValueError(
            f'a spatial prior needs a positive shape, kernel and sigma, got {tuple(shape)}, {kernel}, {sigma}'
        )
    if isinstance(dataset, dict):
        while 'dataset' in dataset:
            dataset = dataset['dataset']
        dataset = DATASETS.build({**dataset, 'pipeline': []})
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    description = _describe(dataset, infos, shape, sigma, kernel)
    if path.is_file() and _matches(path, description, overwrite):
        return path
    barrier()  # no rank looks for the file when it is there already
    estimate = _count(infos, SpatialPriorEstimate(len(dataset.metainfo['classes']), shape))
    if is_main_process():
        save_prior(path, estimate.prior(sigma, kernel, np.float32), description)
    barrier()
    return path


def _count(infos: Sequence[dict], estimate: SpatialPriorEstimate) -> SpatialPriorEstimate:
    """Count the labels of all ranks."""
    load = TRANSFORMS.build(dict(type='LoadLabelIds'))
    for info in progress(infos[get_rank() :: get_world_size()], 'Spatial prior'):
        estimate.update(load(info)['gt_seg_map'])
    counts = torch.from_numpy(estimate.counts)
    all_reduce(counts)
    estimate.counts = counts.numpy()
    return estimate


def _describe(
    dataset: BaseDataset, infos: Sequence[dict], shape: tuple[int, int], sigma: float, kernel: int
) -> dict[str, Any]:
    if not infos or any('seg_map_path' not in info for info in infos):
        raise ValueError(
            f'the spatial prior is made of labels, but {type(dataset).__name__} has none: give a labeled '
            'data set, with seg_map_path in its data_prefix'
        )
    paths = [info['seg_map_path'] for info in infos]
    folder = os.path.commonpath([os.path.dirname(path) for path in paths])
    files = [f'{os.path.relpath(path, folder)} {os.path.getsize(path)}' for path in paths]
    return dict(
        dataset=type(dataset).__name__,
        num_labels=len(files),
        labels=hashlib.sha256('\n'.join(sorted(files)).encode()).hexdigest()[:32],
        classes=list(dataset.metainfo['classes']),
        shape=[int(side) for side in shape],
        sigma=sigma,
        kernel=kernel,
    )


def _matches(path: Path, description: dict[str, Any], overwrite: bool) -> bool:
    """Whether the prior is the one described; an error if it is another one and must be kept."""
    if overwrite:
        return False
    hint = 'delete it, name another file, or make it again with overwrite=True'
    try:
        found = json.loads(_description_path(path).read_text())
    except FileNotFoundError as error:
        raise ValueError(
            f'{path} has no {_description_path(path).name} beside it that says what it was made of: '
            f'{hint}, or give it as the prior of the labeler itself'
        ) from error
    except ValueError as error:
        raise ValueError(f'{_description_path(path)} is damaged: {hint}') from error
    if found != description:
        raise ValueError(f'{path} is another spatial prior: {difference(found, description)}. So {hint}')
    return True


def _description_path(path: Path) -> Path:
    return path.with_name(f'{path.name}.json')
