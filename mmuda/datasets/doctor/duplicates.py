"""Images of the training that are nearly the same as images of the validation."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MAX_DISTANCE = 10
"""Of two hashes of 256 bits: nearly the same images differ in so many at most."""

MAX_DIFFERENCE = 6.0
"""Of two thumbnails without their mean: mean absolute difference in gray values."""

_BLOCK = 1024


class Duplicate(NamedTuple):
    """Two images that are nearly the same.

    Attributes:
        training (str): Path of the one.
        validation (str): Path of the other.
        distance (int): Bits of the hash in which they differ.
    """

    training: str
    validation: str
    distance: int


def difference_hash(thumbnails: np.ndarray) -> np.ndarray:
    """Hash images by whether each pixel of their thumbnails is brighter than its left neighbor.

    Args:
        thumbnails (np.ndarray): (N, 16, 17) uint8, gray.

    Returns:
        np.ndarray: (N, 256) bool.
    """
    return (thumbnails[:, :, 1:] > thumbnails[:, :, :-1]).reshape(len(thumbnails), 256)


def near_duplicates(
    training: Sequence[tuple[str, np.ndarray]], validation: Sequence[tuple[str, np.ndarray]]
) -> list[Duplicate]:
    """Find images of the validation that the training has nearly the same.

    The Hamming distances of all pairs are one matrix product per block of images. A pair counts where the hashes
    differ in at most :data:`MAX_DISTANCE` bits and the thumbnails agree, as a hash says nothing of flat images.

    Args:
        training (Sequence): Path and (16, 17) uint8 thumbnail of each image.
        validation (Sequence): The same.

    Returns:
        list[Duplicate]: Of each image of the validation the nearest one, in the order of the validation.
    """
    if not training or not validation:
        return []
    small = [np.stack([thumbnail for _, thumbnail in images]) for images in (training, validation)]
    signs = [np.where(difference_hash(part), np.float32(1), np.float32(-1)) for part in small]
    centered = [part - part.mean((1, 2), keepdims=True, dtype=np.float32) for part in small]
    found = []
    for begin in range(0, len(validation), _BLOCK):
        distances = (256 - signs[1][begin : begin + _BLOCK] @ signs[0].T) / 2
        nearest: dict[int, tuple[int, int]] = {}
        for row, column in np.argwhere(distances <= MAX_DISTANCE).tolist():
            distance = int(distances[row, column])
            difference = np.abs(centered[0][column] - centered[1][begin + row]).mean()
            if difference <= MAX_DIFFERENCE:
                nearest[row] = min(nearest.get(row, (257, 0)), (distance, column))
        found += [
            Duplicate(training[column][0], validation[begin + row][0], distance)
            for row, (distance, column) in sorted(nearest.items())
        ]
    return found
