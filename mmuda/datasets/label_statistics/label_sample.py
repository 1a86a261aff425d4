"""What the labels of a data set hold, seen in some of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from mmuda.datasets.folder_dataset import FolderDataset
from mmuda.datasets.label_maps import IGNORE_INDEX
from mmuda.datasets.transforms.load_label_ids import read_train_ids


@dataclass
class LabelSample:
    """Pixels of some labels of a data set.

    Attributes:
        classes (tuple[str, ...]): Of the data set, C of them.
        pixels (np.ndarray): (256,) int64, number of pixels per training id; 255 is ignored.
        number (int): Number of labels.
        empty (list[str]): Labels in which every pixel is ignored.
        plain_ids (bool): Whether the values 0, 1 and 255 of the files stand for themselves.
    """

    classes: tuple[str, ...]
    pixels: np.ndarray = field(default_factory=lambda: np.zeros(256, np.int64))
    number: int = 0
    empty: list[str] = field(default_factory=list)
    plain_ids: bool = False

    @property
    def missing_classes(self) -> list[str]:
        """list[str]: Classes that no label has."""
        return [name for name, count in zip(self.classes, self.pixels) if not count]

    @property
    def looks_like_masks(self) -> bool:
        """bool: Whether the files hold 0 and 255 and nothing else, so that one class alone is labeled."""
        return self.plain_ids and len(self.classes) > 1 and np.flatnonzero(self.pixels).tolist() == [0, IGNORE_INDEX]

    def shares(self) -> str:
        """Say how many of the pixels each class has, in percent."""
        percent = 100 * self.pixels / max(self.pixels.sum(), 1)
        named = [f'{name} {share:.2g}' for name, share in zip(self.classes, percent) if share]
        return ', '.join([*named, f'ignored {percent[IGNORE_INDEX]:.2g}'])

    def add(self, label: np.ndarray, path: str) -> None:
        """Count a label: (H, W) uint8 training ids, and the file that it is from."""
        self.add_pixels(np.bincount(label.ravel(), minlength=256), path)

    def add_pixels(self, pixels: np.ndarray, path: str) -> None:
        """Count a label by its (256,) numbers of pixels."""
        self.number += 1
        self.pixels += pixels
        if pixels[IGNORE_INDEX] == pixels.sum():
            self.empty.append(path)

    def warnings(self, which: str) -> Iterator[str]:
        """Say what looks wrong.

        Args:
            which (str): The labels, in words.
        """
        if self.looks_like_masks:
            yield (
                f'{which} hold the values 0 and 255 only. 255 is ignored, so that {self.classes[0]!r} is the '
                'only class. Write masks with 0 and 1, or map 255 to a class: "Labels in another encoding" in '
                'docs/get_started.md'
            )
        elif self.missing_classes:
            yield f'these classes do not occur in {which}: {", ".join(self.missing_classes)}'
        if self.empty:
            yield f'in {len(self.empty)} of {which} every pixel is ignored, first {self.empty[0]}'


def holds_plain_ids(info: dict) -> bool:
    """Whether the values 0, 1 and 255 of the label file of an entry stand for themselves."""
    values = [0, 1, IGNORE_INDEX]
    return info['label_map'] is None and info['label_format'].lookup[values].tolist() == values


def sample_labels(dataset: FolderDataset, number: int, seed: int) -> LabelSample:
    """Read some labels of a labeled data set.

    Args:
        dataset (FolderDataset): The data set.
        number (int): How many labels are read at most.
        seed (int): Which ones, non-negative.

    Returns:
        LabelSample: What they hold.

    Raises:
        OSError: If a label cannot be read.
        ValueError: If it has a value that is no class.
    """
    sample = LabelSample(tuple(dataset.metainfo['classes']))
    order = np.random.default_rng(seed).permutation(len(dataset))[:number]
    for index in sorted(order.tolist()):
        info = dataset.get_data_info(index)
        sample.add(read_train_ids(info, dataset.backend_args), info['seg_map_path'])
        sample.plain_ids = holds_plain_ids(info)
    return sample
