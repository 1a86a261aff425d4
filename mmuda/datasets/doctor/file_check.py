"""One image and its label, opened and measured: what a worker process does."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from mmuda.datasets.doctor.findings import Finding
from mmuda.datasets.doctor.splits import Split
from mmuda.datasets.label_maps import IGNORE_INDEX
from mmuda.datasets.transforms.load_image_strict import LoadImageStrict
from mmuda.datasets.transforms.load_label_ids import read_ids, to_train_ids

STATISTICS = ('brightness', 'contrast', 'red', 'green', 'blue', 'red std', 'green std', 'blue std', 'sharpness')
"""Of an image: mean and standard deviation of its gray values and of its channels, from 0 to 255, and the variance of
the Laplacian of the gray image at its own resolution."""

THUMBNAIL = (17, 16)
"""Width and height of the gray image that near-duplicates are found by."""


@dataclass
class FileCheck:
    """What one image and its label are.

    Attributes:
        img_path (str): The image.
        findings (list[Finding]): What is wrong with it.
        files (int): How many files were opened.
        size (tuple[int, int], optional): Width and height; None if the image cannot be read.
        statistics (np.ndarray, optional): (9,) float64, see :data:`STATISTICS`.
        thumbnail (np.ndarray, optional): (16, 17) uint8, gray.
        pixels (np.ndarray, optional): (256,) int64, number of pixels per training id; None without a sound label.
        unnamed (dict[int, int]): Ids of the label file that are no class and not 255, with their pixels.
    """

    img_path: str
    findings: list[Finding] = field(default_factory=list)
    files: int = 1
    size: tuple[int, int] | None = None
    statistics: np.ndarray | None = None
    thumbnail: np.ndarray | None = None
    pixels: np.ndarray | None = None
    unnamed: dict[int, int] = field(default_factory=dict)


def check_files(split: Split) -> list[FileCheck]:
    """Open the images and labels of a split, or of a part of one."""
    cv2.setNumThreads(1)
    return [_check(entry, split) for entry in split.entries]


def _check(entry: dict, split: Split) -> FileCheck:
    check = FileCheck(entry['img_path'])
    _look_at_image(entry, split, check)
    if 'seg_map_path' in entry:
        check.files += 1
        _look_at_label(entry, split, check)
    return check


def _look_at_image(entry: dict, split: Split, check: FileCheck) -> None:
    load = LoadImageStrict(max_pixels=split.max_pixels, backend_args=split.backend_args)
    try:
        loaded = load.transform({'img_path': entry['img_path']})
        assert loaded is not None
    except OSError as error:
        check.findings.append(Finding('error', 'image', split.name, str(error)))
        return
    image: np.ndarray = loaded['img']
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    check.size = (image.shape[1], image.shape[0])
    check.statistics = measure(image, gray)
    check.thumbnail = cv2.resize(gray, THUMBNAIL, interpolation=cv2.INTER_AREA)


def measure(image: np.ndarray, gray: np.ndarray) -> np.ndarray:
    """Measure an image.

    Args:
        image (np.ndarray): (H, W, 3) uint8, B, G, R.
        gray (np.ndarray): (H, W) uint8.

    Returns:
        np.ndarray: (9,) float64 in the order of :data:`STATISTICS`.
    """
    mean, deviation = (values.ravel()[::-1] for values in cv2.meanStdDev(image))
    brightness, contrast = (values.item() for values in cv2.meanStdDev(gray))
    sharpness = cv2.meanStdDev(cv2.Laplacian(gray, cv2.CV_16S))[1].item() ** 2
    return np.array([brightness, contrast, *mean, *deviation, sharpness])


def _look_at_label(entry: dict, split: Split, check: FileCheck) -> None:
    info = {**entry, 'label_format': split.label_format, 'num_classes': len(split.classes) or None}
    try:
        ids = read_ids(info, split.backend_args, split.max_pixels)
    except OSError as error:
        check.findings.append(Finding('error', 'label', split.name, str(error)))
        return
    if check.size is not None and ids.shape[::-1] != check.size:
        message = (
            f'label file {entry["seg_map_path"]} has {ids.shape[1]}x{ids.shape[0]} pixels, its image '
            f'{entry["img_path"]} has {check.size[0]}x{check.size[1]}'
        )
        fitted = (
            ' (LoadLabelIds stretches it)'
            if split.resizes_labels
            else ": get the matching file, or set on_size_mismatch='resize'"
        )
        severity = 'warning' if split.resizes_labels else 'error'
        check.findings.append(Finding(severity, 'size', split.name, message + fitted))  # type: ignore[arg-type]
    try:
        label = to_train_ids(ids, info)
    except ValueError as error:
        check.findings.append(Finding('error', 'label value', split.name, str(error)))
        return
    check.pixels = np.bincount(label.ravel(), minlength=256)
    counts = np.bincount(ids[label == IGNORE_INDEX].ravel())
    check.unnamed = {int(value): int(counts[value]) for value in np.flatnonzero(counts) if value != IGNORE_INDEX}
