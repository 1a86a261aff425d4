"""A selection of the images of a data set that can change between rounds."""

from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset
from mmseg.registry import DATASETS

from mmuda.datasets.wrappers.dataset_wrapper import DatasetWrapper


def select_images(num_images: int, number: int, seed: int) -> np.ndarray:
    """Draw images without repetition as the CBST and CRST code do.

    NumPy's legacy generator draws a permutation and takes its beginning: with one seed a larger selection starts
    with the smaller one.

    Args:
        num_images (int): Number of images to draw from.
        number (int): Number of images to draw, at least 1.
        seed (int): In [0, 2**32).

    Returns:
        np.ndarray: (number,) int64, different indices below ``num_images``.

    Raises:
        ValueError: If there are not so many images, or none is to be drawn.

    Example:
        >>> select_images(24966, 3, seed=0)
        array([ 7261,  7403, 14745])
    """
    if not 1 <= number <= num_images:
        raise ValueError(
            f'cannot select {number} of {num_images} images: expected 1 to {num_images}. A portion of '
            'the images that is too small selects none; enlarge it'
        )
    return np.random.RandomState(seed).choice(num_images, number, replace=False)


@DATASETS.register_module()
class SubsetDataset(DatasetWrapper):
    """Some images of a data set, all at first.

    Self-training takes a part of the source images in each round (CBST: Zou et al., ECCV 2018): a runner calls
    :meth:`select` before the workers start. Worker processes hold a copy of the data set, so persistent ones must be
    started again.

    Args:
        dataset (dict or BaseDataset): The data set with all images.

    Attributes:
        indices (np.ndarray): (len,) the images in use, in order.

    Example of a config::

        source=dict(type='SubsetDataset', dataset=dict(type='GTADataset', data_root='data/gta', pipeline=[...]))
    """

    def __init__(self, dataset: dict | BaseDataset) -> None:
        super().__init__(DATASETS.build(dataset) if isinstance(dataset, dict) else dataset)
        self.indices = np.arange(len(self.dataset))

    def select(self, number: int, seed: int) -> None:
        """Draw the images in use from all images, see :func:`select_images`."""
        self.indices = select_images(len(self.dataset), number, seed)

    def __len__(self) -> int:
        return len(self.indices)

    def get_data_info(self, index: int) -> dict:
        """The entry of one image in use."""
        return self.dataset.get_data_info(int(self.indices[index]))

    def __getitem__(self, index: int) -> Any:
        """Load one image in use through the pipeline of the data set."""
        return self.dataset[int(self.indices[index])]
