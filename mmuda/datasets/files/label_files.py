"""Reading raw label ids from image files, each data set in its own encoding."""

import io
from collections.abc import Callable

import cv2
import mmengine.fileio as fileio
import numpy as np
from PIL import Image

from mmuda.datasets.files.image_files import MAX_PIXELS, check_pixels

_HINTS = {
    'RGB': 'a color picture of the labels?',
    'RGBA': 'a color picture of the labels?',
    'I;16': 'a 16-bit image: save its ids with 8 bits; they must not exceed 255',
    'I': 'an image of 16 or 32 bits: save its ids with 8 bits; they must not exceed 255',
    '1': 'a mask of one bit: save it with 8 bits, with the values 0 and 1',
}


def _index(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        if image.mode not in ('P', 'L'):
            raise ValueError(
                f'expected an 8-bit single-channel or paletted image of label ids, found mode '
                f'{image.mode!r} ({_HINTS.get(image.mode, "converted?")})'
            )
        return np.array(image)


def _channel0(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        if image.mode not in ('RGB', 'RGBA'):
            raise ValueError(
                f'expected an 8-bit RGB or RGBA image with label ids in channel 0, found mode {image.mode!r}'
            )
        return np.array(image)[:, :, 0]


def _red16(data: bytes) -> np.ndarray:
    # Pillow reduces 16-bit RGB to 8 bits
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if bgr is None:
        raise ValueError('it is truncated or no image')
    if bgr.ndim != 3 or bgr.dtype != np.uint16:
        raise ValueError(
            'expected a 16-bit image of 3 channels with label ids in the red one, found '
            f'{bgr.dtype.itemsize * 8} bits and shape {bgr.shape}: use the files of GT/LABELS '
            'as published, not a converted copy or GT/COLOR'
        )
    return bgr[:, :, 2]


def _check_header(data: bytes, max_pixels: int) -> None:
    with Image.open(io.BytesIO(data)) as image:
        check_pixels(image, max_pixels)
        if image.format == 'JPEG':
            raise ValueError('it is a JPEG image, whose compression changes ids: save labels as PNG')


DECODERS: dict[str, Callable[[bytes], np.ndarray]] = {'index': _index, 'channel0': _channel0, 'red16': _red16}
"""index: 8-bit or palette index; channel0: first channel of RGB(A); red16: red channel of 16-bit RGB."""


def read_label_ids(
    path: str, decoder: str, backend_args: dict | None = None, max_pixels: int = MAX_PIXELS
) -> np.ndarray:
    """Read the raw label ids of one file.

    Args:
        path (str): The label file.
        decoder (str): One of :data:`DECODERS`.
        backend_args (dict, optional): Arguments of the mmengine file backend.
        max_pixels (int): Larger files are refused before they are decoded. Defaults to 100,000,000.

    Returns:
        np.ndarray: (H, W) uint8 or uint16.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If the file is damaged, too large, a JPEG or of another encoding; the message names the file.
        ValueError: If ``decoder`` is unknown.
    """
    if decoder not in DECODERS:
        raise ValueError(f'unknown label decoder {decoder!r}: expected one of {sorted(DECODERS)}')
    try:
        data = fileio.get(path, backend_args=backend_args)
    except FileNotFoundError as error:
        raise FileNotFoundError(f'label file {path} does not exist') from error
    try:
        _check_header(data, max_pixels)
        return DECODERS[decoder](data)
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, ... for damaged files
        raise OSError(f'cannot read label file {path}: {error}') from error
