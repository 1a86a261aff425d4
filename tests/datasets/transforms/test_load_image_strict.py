import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile
from PIL import Image

from mmuda.datasets.transforms import LoadImageStrict
from tests.helpers.published import write_image


@pytest.fixture
def image_path(tmp_path):
    write_image(tmp_path / 'a.png', np.random.default_rng(0).integers(0, 256, (32, 40, 3), np.uint8))
    return tmp_path / 'a.png'


def test_image_equals_the_stock_one(image_path):
    got, want = (load(dict(img_path=str(image_path))) for load in (LoadImageStrict(), LoadImageFromFile()))
    np.testing.assert_array_equal(got['img'], want['img'])


@pytest.mark.parametrize('suffix', ['png', 'jpg'])
def test_truncated_image_is_named(tmp_path, suffix):
    path = tmp_path / f'a.{suffix}'
    write_image(path, np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(OSError, match=f'cannot read image {path}'):
        LoadImageStrict()(dict(img_path=str(path)))


def test_garbage_is_named(image_path):
    image_path.write_bytes(b'no picture')
    with pytest.raises(OSError, match=f'cannot read image {image_path}'):
        LoadImageStrict()(dict(img_path=str(image_path)))


def test_missing_image_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'a\.png does not exist'):
        LoadImageStrict()(dict(img_path=str(tmp_path / 'a.png')))


@pytest.mark.parametrize('mode, dtype, suffix', [('I;16', np.uint16, 'png'), ('F', np.float32, 'tif')])
def test_gray_image_of_more_than_8_bits_is_named(tmp_path, mode, dtype, suffix):
    path = tmp_path / f'a.{suffix}'
    Image.fromarray(np.full((4, 6), 3000, dtype)).save(path)
    with pytest.raises(OSError, match=f"image {path}: it is a gray image of more than 8 bits .mode '{mode}'"):
        LoadImageStrict()(dict(img_path=str(path)))


def test_gray_image_of_8_bits_loads(tmp_path):
    write_image(tmp_path / 'a.png', np.full((4, 6), 30, np.uint8))
    assert (LoadImageStrict()(dict(img_path=str(tmp_path / 'a.png')))['img'] == 30).all()


def test_large_image_is_refused_before_it_is_decoded(image_path, monkeypatch):
    monkeypatch.setattr(Image.Image, 'load', lambda image: pytest.fail('decoded'))
    with pytest.raises(OSError, match=f'{image_path}: it has 40x32 pixels, more than max_pixels = 1279'):
        LoadImageStrict(max_pixels=1279)(dict(img_path=str(image_path)))
    monkeypatch.undo()
    assert LoadImageStrict(max_pixels=1280)(dict(img_path=str(image_path)))['img'].shape == (32, 40, 3)
