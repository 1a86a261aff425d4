"""Where in the image, and how far away, the pixels of each class are."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmuda.datasets.files.depth_files import NUMERATOR, inverse_depth, read_centimeters
from mmuda.datasets.folder_dataset import FolderDataset
from mmuda.datasets.transforms.load_depth import LoadDepth
from mmuda.datasets.transforms.load_label_ids import read_train_ids
from mmuda.utils.progress import progress

INVALID = NUMERATOR / 2  # depths of 0 and 1 cm


def nearest_on_grid(values: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Sample a map (H, W) of 8 bits or float32 at ``grid`` = (height, width), as Pillow's nearest neighbor does.

    Pillow's rule for 16 bits differs at the middle column of an odd number.
    """
    return np.array(Image.fromarray(values).resize(grid[::-1], Image.Resampling.NEAREST))


class DepthSamples:
    """A random choice of the grid cells of each class over a whole data set.

    Args:
        dataset (FolderDataset): A labeled source set with depth.
        grid (tuple[int, int]): (height, width) of the network's outputs.
        number (int): Largest number of cells of a class that are kept. Defaults to 200,000.
        num_images (int, optional): Number of images that are read. Defaults to None: all.
        seed (int): Of the choices. Defaults to 0.
        drop_invalid (bool): Leave out cells without valid depth (0 or 1 cm). The published mixtures have a component of
            such cells in most classes. Defaults to True.
        depth (LoadDepth, optional): Where the depth files are. Defaults to those of SYNTHIA.

    Raises:
        ValueError: If the data set has no labels.
    """

    def __init__(
        self,
        dataset: FolderDataset,
        grid: tuple[int, int],
        number: int = 200_000,
        num_images: int | None = None,
        seed: int = 0,
        drop_invalid: bool = True,
        depth: LoadDepth | None = None,
    ) -> None:
        self.classes = tuple(dataset.metainfo['classes'])
        self.grid = grid
        self.number = number
        self.seed = seed
        self.drop_invalid = drop_invalid
        self.depth = depth or LoadDepth()
        order = np.random.default_rng(seed).permutation(len(dataset))[:num_images]
        self.infos = [dataset.get_data_info(index) for index in sorted(order.tolist())]
        self.name = type(dataset).__name__
        if any('seg_map_path' not in info for info in self.infos):
            raise ValueError(
                f'the depth of classes is read from labels, but {self.name} has none: give a labeled data set, with '
                'seg_map_path in its data_prefix'
            )

    def description(self) -> dict[str, Any]:
        """Return what the samples depend on, JSON values: names and contents of the files, the label table, settings.

        All files are read, without being decoded.

        Raises:
            FileNotFoundError: If a depth file is missing.
        """
        digest = hashlib.sha256()
        for info in progress(self.infos, 'Fingerprint of labels and depth'):
            depth = self.depth.path(info['img_path'])
            if not depth.is_file():
                read_centimeters(depth)  # says how to get it
            for path in (Path(info['seg_map_path']), depth):
                content = path.read_bytes()
                digest.update(f'{path.name} {len(content)}\n'.encode())
                digest.update(content)
        digest.update(self.infos[0]['label_format'].lookup.tobytes())
        digest.update(repr(self.infos[0]['label_map']).encode())
        return dict(
            dataset=self.name,
            files=digest.hexdigest()[:32],
            num_images=len(self.infos),
            classes=list(self.classes),
            grid=list(self.grid),
            number=self.number,
            seed=self.seed,
            drop_invalid=self.drop_invalid,
        )

    def collect(self) -> list[np.ndarray]:
        """Read the data set.

        Returns:
            list[np.ndarray]: For each class (n, 3) float32: column, row, inverse depth; n is at most ``number``.

        Raises:
            OSError: If a file is missing or cannot be read.
            ValueError: If a depth file has another size than the label.
        """
        kept = [_Choice(self.number) for _ in self.classes]
        for position, info in enumerate(progress(self.infos, 'Depth of the source')):
            labels, cells = self._cells(info)
            keys = np.random.default_rng([self.seed, position]).random(len(labels))
            for index in np.unique(labels[labels < len(self.classes)]):
                chosen = labels == index
                kept[index].add(cells[chosen], keys[chosen])
        return [choice.rows() for choice in kept]

    def _cells(self, info: dict) -> tuple[np.ndarray, np.ndarray]:
        """Return classes (n,) and (column, row, inverse depth), (n, 3), of the cells of one image."""
        label, path = read_train_ids(info), self.depth.path(info['img_path'])
        centimeters = read_centimeters(path)
        if centimeters.shape != label.shape:
            raise ValueError(
                f'depth file {path} has (height, width) = {centimeters.shape}, its label {info["seg_map_path"]} '
                f'{label.shape}: get the matching file'
            )
        z = nearest_on_grid(inverse_depth(centimeters), self.grid)
        rows, columns = np.indices(self.grid, np.float32)
        labels = nearest_on_grid(label, self.grid)
        used = z < INVALID if self.drop_invalid else np.full(z.shape, True)
        return labels[used], np.stack([columns[used], rows[used], z[used]], axis=-1)


class _Choice:
    """The rows with the smallest keys: each row has the same chance, in whatever order they come."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._rows: list[np.ndarray] = []
        self._keys: list[np.ndarray] = []
        self._size = 0

    def add(self, rows: np.ndarray, keys: np.ndarray) -> None:
        """Add rows (n, 3) with their random keys (n,)."""
        self._rows.append(rows)
        self._keys.append(keys)
        self._size += len(keys)
        if self._size > 2 * self.number:
            self.rows()

    def rows(self) -> np.ndarray:
        """Return those that are kept, (n, 3)."""
        if not self._rows:
            return np.empty((0, 3), np.float32)
        rows, keys = np.concatenate(self._rows), np.concatenate(self._keys)
        chosen = np.sort(np.argsort(keys, kind='stable')[: self.number])
        self._rows, self._keys, self._size = [rows[chosen]], [keys[chosen]], len(chosen)
        return rows[chosen]
