import io

import cv2
import numpy as np
import pytest
from PIL import Image

from mmuda.datasets.doctor.decoding import decode_sound, has_sound_chunks, sound_size
from mmuda.datasets.doctor.file_check import THUMBNAIL, count_ids, thumbnail_of

LIMIT = 10_000


def encoded(format: str, mode: str = 'RGB', **options) -> bytes:
    """A file of 60x40 pixels."""
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, format=format, **options)
    return file.getvalue()


@pytest.mark.parametrize('mode', ['RGB', 'L'])
@pytest.mark.parametrize('format', ['PNG', 'JPEG'])
def test_a_sound_image_is_decoded_as_by_pillow(format, mode):
    data = encoded(format, mode)
    assert sound_size(data, LIMIT) == (60, 40)
    expected = np.array(Image.open(io.BytesIO(data)).convert('RGB'))[..., ::-1]
    difference = np.abs(decode_sound(data).astype(int) - expected)
    assert difference.max() <= (0 if format == 'PNG' else 3)


@pytest.mark.parametrize('format', ['PNG', 'JPEG'])
@pytest.mark.parametrize('lost', [1, 5, 200, 1000])
def test_a_truncated_file_is_not_sound(format, lost):
    data = encoded(format)[: -lost - (format == 'JPEG') * 40]
    assert sound_size(data, LIMIT) is None


@pytest.mark.parametrize('place', [20, 100, -6, -30])
def test_a_changed_byte_of_a_png_is_found(place):
    data = bytearray(encoded('PNG'))
    data[place] ^= 1
    assert not has_sound_chunks(bytes(data))


def test_other_kinds_are_left_to_the_loader_of_the_training():
    exif = Image.Exif()
    exif[0x0112] = 6
    for data in (
        encoded('PNG', 'RGBA'),
        encoded('JPEG', 'CMYK'),
        encoded('BMP'),
        encoded('JPEG', exif=exif),
        encoded('PNG', exif=exif),
        cv2.imencode('.png', np.zeros((4, 4), np.uint16))[1].tobytes(),
        b'no image',
        b'',
    ):
        assert sound_size(data, LIMIT) is None


def test_larger_images_are_left_to_it_too():
    assert sound_size(encoded('PNG'), 60 * 40 - 1) is None


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_counts_of_ids(dtype):
    ids = np.random.default_rng(0).integers(0, 256, (50, 70)).astype(dtype)
    assert np.array_equal(count_ids(ids), np.bincount(ids.ravel(), minlength=256))


@pytest.mark.parametrize('size', [(8, 8), (1052, 1914)])
def test_a_thumbnail_is_the_image_made_small(size):
    gray = np.repeat(np.linspace(0, 255, size[1], dtype=np.uint8)[None], size[0], 0)
    thumbnail = thumbnail_of(gray)
    assert thumbnail.shape == THUMBNAIL[::-1]
    assert np.abs(thumbnail - cv2.resize(gray, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(int)).max() <= 2
