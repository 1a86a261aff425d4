import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile

from mmuda.datasets.transforms import LoadImageStrict
from tests.datasets.published import write_image


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
