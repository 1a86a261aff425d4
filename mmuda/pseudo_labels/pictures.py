"""Pictures of pseudo labels, to be looked at."""

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image


def color_picture(label: np.ndarray, palette: Sequence[Sequence[int]]) -> Image.Image:
    """Return a label map in the colors of its classes.

    Args:
        label (np.ndarray): (H, W), uint8; what is no index of ``palette``, such as 255, is black.
        palette (Sequence[Sequence[int]]): (R, G, B) of every class, 0 to 255.

    Returns:
        Image.Image: With a palette; the pixels are still the labels.
    """
    colors = np.zeros((256, 3), np.uint8)
    colors[: len(palette)] = palette
    picture = Image.fromarray(label)
    picture.putpalette(colors.tobytes())
    return picture


def heatmap(confidence: np.ndarray) -> Image.Image:
    """Return confidences from dark blue (0) to yellow (255), the same colors in every picture.

    Args:
        confidence (np.ndarray): (H, W), uint8.
    """
    return Image.fromarray(cv2.applyColorMap(confidence, cv2.COLORMAP_VIRIDIS)[..., ::-1].copy())
