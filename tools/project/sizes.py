"""Sizes at which a network sees images, derived from those of the images."""

import math

STEP = 32
"""Sides are 32 n + 1: then the features of all strides lie evenly on the image, at every size."""

Size = tuple[int, int]


def even_side(pixels: float) -> int:
    """Return the side of 32 n + 1 pixels that is nearest, at least 33.

    Example:
        >>> [even_side(side) for side in (10, 192, 257, 480)]
        [33, 193, 257, 481]
    """
    return max(1, round((pixels - 1) / STEP)) * STEP + 1


def working_size(size: Size, long_side: int) -> Size:
    """Return the size at which images are tested: never enlarged by more than the rounding of their sides.

    Args:
        size (Size): Width and height of the images.
        long_side (int): Of the result, about, in pixels.

    Example:
        >>> working_size((480, 360), 256), working_size((100, 80), 256)
        ((257, 193), (97, 65))
    """
    factor = min(1.0, long_side / max(size))
    return even_side(size[0] * factor), even_side(size[1] * factor)


def next_scale(size: Size) -> Size:
    """Return 1.25 times a size of 32 n + 1 pixels a side, with such sides; each at least the next one.

    Example:
        >>> next_scale((257, 193)), next_scale((65, 33))
        ((321, 257), (97, 65))
    """
    steps = [(side - 1) // STEP for side in size]
    width, height = (max(step + 1, round(1.25 * step)) * STEP + 1 for step in steps)
    return width, height


def covering(size: Size, crop: Size) -> Size:
    """Return the smallest size with the aspect ratio of the images, within 5 %, in which a crop lies.

    Args:
        size (Size): Width and height of the images.
        crop (Size): Width and height of the crop.

    Example:
        >>> covering((1000, 500), (257, 193)), covering((480, 360), (257, 193))
        ((386, 193), (257, 193))
    """
    factors = crop[0] / size[0], crop[1] / size[1]
    factor = max(factors)
    if factor <= 1.05 * min(factors):
        return crop
    return math.ceil(size[0] * factor - 1e-9), math.ceil(size[1] * factor - 1e-9)


def larger(size: Size) -> Size:
    """Return 1.5 times a size, rounded up."""
    return math.ceil(1.5 * size[0]), math.ceil(1.5 * size[1])
