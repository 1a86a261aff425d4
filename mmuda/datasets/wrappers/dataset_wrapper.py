"""What the checks at the start ask of a data set that wraps another one."""

from typing import Any

from mmengine.dataset import BaseDataset


class DatasetWrapper:
    """Base of the data sets that give the images of another one: a part of them, or with other labels.

    Hooks that describe or check data look for the images in :attr:`dataset`. A subclass has ``__getitem__``.

    Args:
        dataset (BaseDataset): The data set with the images, built.
    """

    def __init__(self, dataset: BaseDataset) -> None:
        self.dataset = dataset

    @property
    def metainfo(self) -> dict:
        """Meta information (classes, palette) of the data set with the images."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Nothing to do: the data set is initialized in the constructor."""

    def get_data_info(self, index: int) -> dict:
        """The entry of an image."""
        return self.dataset.get_data_info(index)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError
