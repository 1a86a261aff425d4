"""What a folder of own data holds: images, their sizes, and what its labels have."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from mmseg.registry import DATASETS
from PIL import Image

from mmuda.datasets.files.image_files import count_suffixes, list_files, stem_of
from mmuda.datasets.folder_dataset import FolderDataset
from mmuda.datasets.label_statistics.label_sample import LabelSample, holds_plain_ids
from mmuda.datasets.transforms.load_label_ids import read_train_ids
from tools.prediction.frames import IMAGES
from tools.project.classes_file import Classes

LAYOUT = 'expected DIR/images, and with labels DIR/labels: <stem>.png for the image <stem>.jpg, in subfolders or not'
LABELS_READ = 100


@dataclass
class Domain:
    """Images of one kind.

    Attributes:
        root (Path): Folder with ``images`` and, where they are labeled, ``labels``.
        suffix (str or tuple[str, ...]): End of the names of the images, or all that there are.
        sizes (Counter[tuple[int, int]]): Width and height of the images.
        labels (LabelSample, optional): Of some of the labels.
        distinct (int): Median number of values per label, 255 among them.
        notes (list[str]): What to look at.
    """

    root: Path
    suffix: str | tuple[str, ...]
    sizes: Counter[tuple[int, int]]
    labels: LabelSample | None = None
    distinct: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        """tuple[int, int]: Width and height of most images."""
        return self.sizes.most_common(1)[0][0]


def read_domain(root: Path, option: str, classes: Classes, labeled: bool) -> Domain:
    """Look at the images of a folder by their headers, and at some of its labels.

    Args:
        root (Path): The folder.
        option (str): That named it, for messages.
        classes (Classes): Of the labels.
        labeled (bool): Whether it has labels; else they are not looked for.

    Raises:
        OSError: If a folder, an image or a label is missing, or one cannot be read.
        ValueError: If two images have one stem, or a label has a value that is no class.
    """
    images = root / 'images'
    for folder in (root, images, root / 'labels') if labeled else (root, images):
        if not folder.is_dir():
            raise FileNotFoundError(f'{option} {root}: there is no folder {folder}; {LAYOUT}')
    names = list_files(str(images))
    found = [name for name in names if stem_of(name, IMAGES) is not None]
    if not found:
        others = f', but {count_suffixes(names)}' if names else ''
        raise FileNotFoundError(f'{option} {root}: there is no image in {images}{others}; known: {", ".join(IMAGES)}')
    suffixes = tuple(suffix for suffix in IMAGES if any(stem_of(name, suffix) is not None for name in found))
    domain = Domain(
        root, suffixes[0] if len(suffixes) == 1 else suffixes, _sizes([images / name for name in found], option)
    )
    dataset = DATASETS.build(_dataset(domain, classes, labeled))
    domain.notes += [f'{option}: {sentence}' for sentence in dataset.left_out]
    if len(domain.sizes) > 1 and _stretches(domain):
        domain.notes.append(
            f'{option}: images have {len(domain.sizes)} sizes of several aspect ratios; all are stretched to the one '
            f'of most, {domain.size[0]}x{domain.size[1]}'
        )
    if labeled:
        _read_labels(domain, dataset, option)
    return domain


def _dataset(domain: Domain, classes: Classes, labeled: bool) -> dict[str, Any]:
    return dict(
        type='FolderDataset',
        metainfo=dict(classes=classes.names, palette=classes.palette),
        data_root=str(domain.root),
        data_prefix=dict(img_path='images', **(dict(seg_map_path='labels') if labeled else {})),
        img_suffix=domain.suffix,
    )


def _sizes(paths: Sequence[Path], option: str) -> Counter[tuple[int, int]]:
    """Sizes by the headers of the files.

    Raises:
        OSError: If some are no images.
    """
    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(_size, paths))
    broken = [path for path, size in zip(paths, sizes) if size is None]
    if broken:
        first = ', '.join(map(str, broken[:3]))
        raise OSError(f'{option}: {len(broken)} files are no images, first {first}: get them again, or remove them')
    return Counter(size for size in sizes if size is not None)


def _size(path: Path) -> tuple[int, int] | None:
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):  # what Pillow raises of other files
        return None


def _stretches(domain: Domain) -> bool:
    ratios = [width / height for width, height in domain.sizes]
    return max(ratios) > 1.1 * min(ratios)


def _read_labels(domain: Domain, dataset: FolderDataset, option: str) -> None:
    """Read some labels, spread over all."""
    sample = LabelSample(tuple(dataset.metainfo['classes']))
    distinct = []
    for index in np.unique(np.linspace(0, len(dataset) - 1, LABELS_READ).round().astype(int)).tolist():
        info = dataset.get_data_info(index)
        pixels = np.bincount(read_train_ids(info).ravel(), minlength=256)
        sample.add_pixels(pixels, info['seg_map_path'])
        sample.plain_ids = holds_plain_ids(info)
        distinct.append(np.count_nonzero(pixels))
    domain.labels, domain.distinct = sample, int(np.median(distinct))
    domain.notes += [
        f'{option}: {message}' for message in sample.warnings(f'the {sample.number} labels that were read')
    ]
