"""Depth as a plane: how SYNTHIA's files are read, encoded and resized."""

from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from mmuda.pseudo_labels.planes import Plane

NUMERATOR = 65536
SKY = 1.0  # of depth 65535, the largest


def inverse_depth(centimeters: np.ndarray) -> np.ndarray:
    """Encode depth as DADA does (Vu et al., ICCV 2019): ``65536 / (d + 1)``.

    Args:
        centimeters (np.ndarray): Any shape, uint16; 0 is invalid, 65535 the sky.

    Returns:
        np.ndarray: Same shape, float32, in [1, 65536]. Nothing is masked, neither invalid pixels nor the sky.

    Example:
        >>> inverse_depth(np.array([0, 1, 65535], np.uint16)).tolist()
        [65536.0, 32768.0, 1.0]
    """
    return (NUMERATOR / (centimeters.astype(np.float64) + 1)).astype(np.float32)


def read_centimeters(path: str | Path) -> np.ndarray:
    """Read a depth file of SYNTHIA-RAND-CITYSCAPES.

    Args:
        path (str | Path): A PNG of 16 bits and one channel.

    Returns:
        np.ndarray: (H, W) uint16, centimeters.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If it is damaged, or has 8 bits or several channels.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f'depth file {path} does not exist: get the folder Depth of SYNTHIA-RAND-CITYSCAPES, see '
            'docs/get_started.md'
        ) from error
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if values is None:
        raise OSError(f'cannot read depth file {path}: it is truncated or no image. Get it again')
    if values.ndim != 2 or values.dtype != np.uint16:
        raise OSError(
            f'cannot read depth file {path}: expected 16 bits of one channel (centimeters), found '
            f'{values.dtype.itemsize * 8} bits and {1 if values.ndim == 2 else values.shape[2]} channels. Use the '
            'files of Depth as published, not a picture of them'
        )
    return values


class DepthPlane(Plane):
    """Inverse depth (H, W), float32, of a 16-bit PNG in centimeters; see :func:`inverse_depth`.

    Resized as the raw depth of the published code is, by OpenCV to the nearest pixel: output pixel i takes pixel
    ``floor(i * in / out)``. Labels take ``floor((i + 1/2) * in / out)``, half a pixel farther.
    """

    fill = SKY

    def write(self, values: np.ndarray, file: BinaryIO) -> None:
        """See :class:`~mmuda.pseudo_labels.planes.Plane`."""
        centimeters = np.rint(NUMERATOR / values.astype(np.float64) - 1).astype(np.uint16)
        file.write(cv2.imencode('.png', centimeters)[1].tobytes())

    def read(self, path: str | Path) -> np.ndarray:
        """See :class:`~mmuda.pseudo_labels.planes.Plane` and :func:`read_centimeters`."""
        return inverse_depth(read_centimeters(path))

    def resize(self, values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """See :class:`~mmuda.pseudo_labels.planes.Plane`."""
        rows, columns = (np.arange(new) * old // new for old, new in zip(values.shape, size))
        return values[rows[:, None], columns]


DEPTH = DepthPlane('depth')
