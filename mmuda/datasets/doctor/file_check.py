"""One image and its label, opened and measured: what a worker process does."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import mmengine.fileio as fileio
import numpy as np

from mmuda.datasets.doctor.decoding import decode_sound, sound_size
from mmuda.datasets.doctor.findings import Finding
from mmuda.datasets.doctor.split import Split
from mmuda.datasets.label_maps import IGNORE_INDEX
from mmuda.datasets.transforms.load_image_strict import LoadImageStrict
from mmuda.datasets.transforms.load_label_ids import read_ids, to_train_ids
from mmuda.pseudo_labels.planes import Plane

STATISTICS = ('brightness', 'contrast', 'red', 'green', 'blue', 'red std', 'green std', 'blue std', 'sharpness')
"""Of an image: mean and standard deviation of its gray values and of its channels, from 0 to 255, and the variance of
the Laplacian of the gray image at its own resolution."""

_EXACT = 2**24  # pixels that OpenCV, whose counts are float32, counts exactly

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
        statistics (np.ndarray, optional): (9,) float64, see :data:`STATISTICS`; None if not measured.
        thumbnail (np.ndarray, optional): (16, 17) uint8, gray; None if not measured.
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


def check_files(split: Split, measured: Sequence[bool]) -> list[FileCheck]:
    """Open the images and labels of a split, or of a part of one.

    Args:
        split (Split): The split.
        measured (Sequence[bool]): Of which images there are statistics and a thumbnail; the files of the others are
            proved to be sound without, where that is possible.
    """
    cv2.setNumThreads(1)
    return [_check(entry, split, wanted) for entry, wanted in zip(split.entries, measured)]


def _check(entry: dict, split: Split, measured: bool) -> FileCheck:
    check = FileCheck(entry['img_path'])
    _look_at_image(entry, split, check, measured)
    if 'seg_map_path' in entry:
        check.files += 1
        _look_at_label(entry, split, check)
    for plane, path in entry.get('planes', {}).values():
        check.files += 1
        _look_at_plane(plane, path, split, check)
    return check


def _look_at_image(entry: dict, split: Split, check: FileCheck, measured: bool) -> None:
    try:
        data = fileio.get(entry['img_path'], backend_args=split.backend_args)
        check.size = sound_size(data, split.max_pixels)
        if check.size is not None and not measured:
            return
        image = None if check.size is None else decode_sound(data)
        if image is None:
            image = _load(entry['img_path'], split)
    except OSError as error:
        check.findings.append(Finding('error', 'image', split.name, str(error)))
        return
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    check.size = (image.shape[1], image.shape[0])
    check.statistics = measure(image, gray)
    check.thumbnail = thumbnail_of(gray)


def _load(path: str, split: Split) -> np.ndarray:
    """Return an image as the training loads it, (H, W, 3) uint8, B, G, R.

    Raises:
        OSError: If it cannot; the message names the file.
    """
    load = LoadImageStrict(max_pixels=split.max_pixels, backend_args=split.backend_args)
    loaded = load.transform({'img_path': path})
    assert loaded is not None
    return loaded['img']


def thumbnail_of(gray: np.ndarray) -> np.ndarray:
    """Reduce a gray image (H, W) to (16, 17), uint8.

    In steps, by area, as OpenCV is slow at reducing by much.
    """
    small = gray
    while min(small.shape) >= 16 * THUMBNAIL[0]:
        small = cv2.resize(small, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, THUMBNAIL, interpolation=cv2.INTER_AREA)


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
    _compare_sizes(entry, ids, split, check)
    counts = count_ids(ids)
    values = np.flatnonzero(counts)
    try:
        labels = to_train_ids(values, info)
    except ValueError as error:
        check.findings.append(Finding('error', 'label value', split.name, str(error)))
        return
    check.pixels = np.zeros(256, np.int64)
    np.add.at(check.pixels, labels, counts[values])
    ignored = values[(labels == IGNORE_INDEX) & (values != IGNORE_INDEX)]
    check.unnamed = {int(value): int(counts[value]) for value in ignored}


def _compare_sizes(entry: dict, ids: np.ndarray, split: Split, check: FileCheck) -> None:
    if check.size is None or ids.shape[::-1] == check.size:
        return
    message = (
        f'label file {entry["seg_map_path"]} has {ids.shape[1]}x{ids.shape[0]} pixels, its image '
        f'{entry["img_path"]} has {check.size[0]}x{check.size[1]}'
    )
    if split.resizes_labels:
        finding = Finding('warning', 'size', split.name, f'{message} (LoadLabelIds stretches it)')
    else:
        advice = "get the matching file, or set on_size_mismatch='resize'"
        finding = Finding('error', 'size', split.name, f'{message}: {advice}')
    check.findings.append(finding)


def _look_at_plane(plane: Plane, path: str, split: Split, check: FileCheck) -> None:
    """Read other data of the pixels, such as depth or confidence."""
    try:
        values = plane.read(path)
    except OSError as error:
        check.findings.append(Finding('error', plane.name, split.name, str(error)))
        return
    if check.size is not None and values.shape[-2:] != check.size[::-1]:
        message = (
            f'{path} has {values.shape[-1]}x{values.shape[-2]} pixels, its image {check.img_path} has '
            f'{check.size[0]}x{check.size[1]}: get the matching file'
        )
        check.findings.append(Finding('error', plane.name, split.name, message))


def count_ids(ids: np.ndarray) -> np.ndarray:
    """Return how many pixels each value has.

    Args:
        ids (np.ndarray): (H, W) uint8 or uint16.

    Returns:
        np.ndarray: int64, by value; at least as long as the largest.
    """
    if ids.dtype == np.uint8 and ids.size <= _EXACT:
        return cv2.calcHist([ids], [0], None, [256], [0, 256]).ravel().astype(np.int64)
    return np.bincount(ids.ravel(), minlength=256)
