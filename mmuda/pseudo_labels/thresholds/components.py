"""Connected components of a label map that are too small for their class."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from mmuda.pseudo_labels.planes import IGNORE_INDEX

_EIGHT_NEIGHBORS = np.ones((3, 3), int)


def remove_small_components(label: np.ndarray, min_pixels: Sequence[int]) -> np.ndarray:
    """Ignore the components of a class that have fewer pixels than the class asks for.

    A component is made of pixels of one class that touch at a side or a corner.

    Args:
        label (np.ndarray): (H, W), uint8, training ids; values that are no class stay as they are.
        min_pixels (Sequence[int]): For each class the size from which a component is kept.

    Returns:
        np.ndarray: (H, W), uint8, 255 where a component was removed.

    Example:
        >>> remove_small_components(np.array([[0, 1, 1], [1, 0, 0]], np.uint8), (3, 4))
        array([[  0, 255, 255],
               [255,   0,   0]], dtype=uint8)
    """
    kept = label.copy()
    for index, box in enumerate(ndimage.find_objects(label.astype(np.int32) + 1, max_label=len(min_pixels))):
        if box is None or min_pixels[index] <= 1:
            continue
        components, _ = ndimage.label(label[box] == index, _EIGHT_NEIGHBORS)
        small = np.bincount(components.ravel()) < min_pixels[index]
        small[0] = False  # the other classes
        kept[box][small[components]] = IGNORE_INDEX
    return kept


def component_thresholds(frequencies: Sequence[float], base: float, span: float) -> list[int]:
    """Return the smallest component of each class: linear in how common the class is in the source set.

    ``base + span * (f - min f) / (max f - min f)``, rounded. With the frequencies of SYNTHIA, base and span of 50 and
    4950 (16 classes), 100 and 900 (7 classes of Cityscapes), 50 and 50 (Mapillary Vistas) this gives the tables of the
    published code up to the rounding of its class weights.

    Args:
        frequencies (Sequence[float]): Shares or numbers of pixels, not all equal.
        base (float): Pixels of the rarest class.
        span (float): Pixels that the most common one has more.

    Raises:
        ValueError: If all classes are equally common.

    Example:
        >>> component_thresholds([0.1, 0.2, 0.3, 0.0004], 50, 4950)
        [1696, 3348, 5000, 50]
    """
    values = np.asarray(frequencies, np.float64)
    if not values.max() > values.min():
        raise ValueError(f'thresholds by frequency need classes that differ, got the frequencies {list(frequencies)}')
    return [round(t) for t in (base + span * (values - values.min()) / (values.max() - values.min())).tolist()]
