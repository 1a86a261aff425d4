"""Images of many sizes in one size, without stretching: fitted, the rest filled."""

import numpy as np
from PIL import Image


def fit_image(image: np.ndarray, scale: tuple[int, int]) -> np.ndarray:
    """Fit an image (H, W, 3) uint8 into ``scale`` = (width, height), bicubic, filled with 0."""
    resized = resized_by_pillow(image, fitted(image.shape[:2], scale), Image.Resampling.BICUBIC)
    return pad(resized, scale[::-1], 0)


def fitted(size: tuple[int, int], scale: tuple[int, int]) -> tuple[int, int]:
    """Return the (height, width) that an image of ``size`` = (height, width) has within ``scale`` = (width, height).

    Example:
        >>> fitted((30, 40), (1280, 760))
        (760, 1013)
    """
    (height, width), (to_width, to_height) = size, scale
    if width / height > to_width / to_height:
        return int(to_width * height / width), to_width
    return to_height, int(to_height * width / height)


def padded_to_aspect(size: tuple[int, int], scale: tuple[int, int]) -> tuple[int, int]:
    """Return the (height, width) with the aspect ratio of ``scale`` = (width, height) in which ``size`` has room.

    Example:
        >>> padded_to_aspect((30, 40), (1280, 760))
        (30, 50)
    """
    (height, width), (to_width, to_height) = size, scale
    if width / height > to_width / to_height:
        return int(width * to_height / to_width), width
    return height, int(height * to_width / to_height)


def pad(values: np.ndarray, size: tuple[int, int], fill: int) -> np.ndarray:
    """Fill (H, W, ...) at the right and at the bottom up to ``size`` = (height, width)."""
    out = np.full((*size, *values.shape[2:]), fill, values.dtype)
    out[: values.shape[0], : values.shape[1]] = values
    return out


def resized_by_pillow(values: np.ndarray, size: tuple[int, int], resampling: Image.Resampling) -> np.ndarray:
    """Resize (H, W, ...) to ``size`` = (height, width)."""
    if values.shape[:2] == size:
        return values
    return np.asarray(Image.fromarray(values).resize(size[::-1], resampling))
