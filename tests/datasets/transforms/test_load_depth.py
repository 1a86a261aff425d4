from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.registry import init_default_scope

from mmuda.datasets import CityscapesLabelIdsDataset
from mmuda.datasets.files.depth_files import DEPTH, inverse_depth
from mmuda.datasets.transforms import CenteredMiningCrop, HorizontalFlip, JitteredResize, LoadDepth, PackPlanes
from mmuda.toy_data import write_toy_data


@pytest.fixture(autouse=True)
def mmseg_scope():
    init_default_scope('mmseg')


def sample(folder: Path, depth: np.ndarray, size: tuple[int, int] | None = None) -> dict:
    (folder / 'RGB').mkdir()
    (folder / 'Depth').mkdir()
    cv2.imwrite(str(folder / 'Depth' / 'a.png'), depth)
    height, width = depth.shape[:2] if size is None else size
    return dict(
        img=np.zeros((height, width, 3), np.uint8),
        img_path=str(folder / 'RGB' / 'a.png'),
        img_shape=(height, width),
        ori_shape=(height, width),
        gt_seg_map=np.zeros((height, width), np.uint8),
        seg_fields=['gt_seg_map'],
    )


def centimeters(height: int = 8, width: int = 12) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 65536, (height, width)).astype(np.uint16)


def test_known_depths():
    got = inverse_depth(np.array([0, 1, 100, 1000, 10000, 65535], np.uint16))
    np.testing.assert_allclose(got, [65536, 32768, 648.8713, 65.47053, 6.552945, 1], rtol=1e-6)
    assert got.dtype == np.float32 and got[-1] == 1


def test_depth_is_packed_as_one_channel(tmp_path):
    packed = PackPlanes()(LoadDepth()(sample(tmp_path, centimeters())))
    depth = packed['data_samples'].depth.data
    assert depth.shape == (1, 8, 12)
    np.testing.assert_array_equal(depth[0].numpy(), inverse_depth(centimeters()))


def test_image_label_and_depth_move_together(tmp_path):
    results = LoadDepth()(sample(tmp_path, centimeters(16, 24)))
    step = np.arange(24, dtype=np.uint8) * np.ones((16, 1), np.uint8)
    results.update(img=np.stack([step] * 3, -1), gt_seg_map=step.copy(), depth=step.astype(np.float32))
    for transform in (
        JitteredResize(scale=(48, 32), ratio_range=None),
        CenteredMiningCrop(crop_size=(10, 14), scales=(1.0,)),
        HorizontalFlip(prob=1.0),
    ):
        results = transform(results)
    assert results['depth'].shape == results['gt_seg_map'].shape == (10, 14)
    np.testing.assert_array_equal(results['depth'], results['gt_seg_map'])
    assert np.abs(results['img'][..., 0].astype(int) - results['gt_seg_map']).max() <= 1


def test_written_depth_is_read(tmp_path):
    values = inverse_depth(centimeters())
    with open(tmp_path / 'a.png', 'wb') as file:
        DEPTH.write(values, file)
    np.testing.assert_array_equal(DEPTH.read(tmp_path / 'a.png'), values)


def test_missing_depth_is_named(tmp_path):
    results = sample(tmp_path, centimeters())
    (tmp_path / 'Depth' / 'a.png').unlink()
    with pytest.raises(FileNotFoundError, match=r'Depth/a\.png does not exist'):
        LoadDepth()(results)


@pytest.mark.parametrize(
    'depth, found',
    [
        (centimeters().astype(np.uint8), '8 bits and 1 channels'),
        (np.stack([centimeters()] * 3, -1), '16 bits and 3 channels'),
    ],
)
def test_depth_of_another_encoding_is_refused(tmp_path, depth, found):
    with pytest.raises(OSError, match=rf'a\.png: expected 16 bits of one channel.*{found}'):
        LoadDepth()(sample(tmp_path, depth))


@pytest.mark.parametrize('cut', [0, 60])
def test_damaged_depth_is_named(tmp_path, cut):
    results = sample(tmp_path, centimeters())
    path = tmp_path / 'Depth' / 'a.png'
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(OSError, match=r'a\.png: it is truncated'):
        LoadDepth()(results)


def test_depth_of_another_size_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r'has \(height, width\) = \(8, 12\), its image .* \(16, 24\)'):
        LoadDepth()(sample(tmp_path, centimeters(), size=(16, 24)))


def test_depth_in_the_pipeline_of_the_target_is_an_error(tmp_path):
    toy = write_toy_data(tmp_path / 'toy', num_train=1, num_val=1, size=(64, 32), domains=('synthia', 'cityscapes'))
    dataset = CityscapesLabelIdsDataset(
        data_root=str(toy / 'cityscapes'),
        pipeline=[dict(type='LoadImageStrict'), dict(type='LoadDepth'), dict(type='PackPlanes')],
    )
    with pytest.raises(KeyError, match='The target has no depth: remove LoadDepth'):
        dataset[0]
