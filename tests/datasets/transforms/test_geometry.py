import random

import numpy as np
import pytest
from mmseg.datasets.transforms import PackSegInputs

from mmuda.datasets.transforms import CenteredMiningCrop, HardSampleCrop, HorizontalFlip, JitteredResize


def sample(height: int = 12, width: int = 16, labeled: bool = True) -> dict:
    rng = np.random.default_rng(0)
    results = dict(
        img=rng.integers(0, 256, (height, width, 3), np.uint8),
        img_path='a.png',
        seg_fields=[],
        img_shape=(height, width),
        ori_shape=(height, width),
    )
    if labeled:
        results['gt_seg_map'] = rng.integers(0, 19, (height, width)).astype(np.uint8)
        results['seg_fields'] = ['gt_seg_map']
    return results


def test_resize_without_jitter_draws_nothing():
    random.seed(0)
    state = random.getstate()
    assert JitteredResize(scale=(8, 6), ratio_range=None)(sample())['img'].shape == (6, 8, 3)
    assert random.getstate() == state


def test_resized_sides_stay_in_range():
    sizes = [JitteredResize(scale=(100, 50))(sample())['img_shape'] for _ in range(50)]
    assert all(40 <= height <= 60 and abs(width - 2 * height) <= 1 for height, width in sizes)
    assert len(set(sizes)) > 5


def test_resize_reports_the_scale_factor():
    assert JitteredResize(scale=(8, 3), ratio_range=None)(sample())['scale_factor'] == (0.5, 0.25)


@pytest.mark.parametrize('ratio_range', [(1.2, 0.8), (0, 1), (1,)])
def test_bad_ratio_range_is_named(ratio_range):
    with pytest.raises(ValueError, match='JitteredResize: ratio_range'):
        JitteredResize(ratio_range=ratio_range)


def test_image_and_label_are_cropped_alike():
    results = sample()
    results['gt_seg_map'] = results['img'][:, :, 0] // 2
    cropped = HardSampleCrop(crop_size=(5, 7))(results)
    assert cropped['img_shape'] == (5, 7)
    np.testing.assert_array_equal(cropped['gt_seg_map'], cropped['img'][:, :, 0] // 2)


def test_poor_crops_are_drawn_again():
    results = sample()
    results['gt_seg_map'][:, :14] = 3  # only crops at the right border have more than one value
    label = HardSampleCrop(crop_size=(8, 4), min_distinct=2, max_tries=1000)(results)['gt_seg_map']
    assert len(np.unique(label)) >= 2


@pytest.mark.parametrize(
    'labeled, min_distinct, count', [(True, 200, 10), (True, None, 1), (True, 0, 1), (True, 1, 1), (False, 200, 1)]
)
def test_number_of_draws(monkeypatch, labeled, min_distinct, count):
    draws = []
    monkeypatch.setattr(random, 'randint', lambda low, high: draws.append((low, high)) or low)
    HardSampleCrop(crop_size=(8, 8), min_distinct=min_distinct)(sample(labeled=labeled))
    assert draws == [(0, 4), (0, 8)] * count


def test_image_smaller_than_the_crop_is_named():
    with pytest.raises(ValueError, match=r'a\.png is 16x12 after resizing, smaller than the crop of 16x13'):
        HardSampleCrop(crop_size=(13, 16))(sample())


def test_no_tries_are_refused():
    with pytest.raises(ValueError, match='max_tries = 0'):
        HardSampleCrop(crop_size=(8, 8), max_tries=0)


def test_flip_mirrors_image_and_label():
    results, original = HorizontalFlip(prob=1)(sample()), sample()
    np.testing.assert_array_equal(results['img'], original['img'][:, ::-1])
    np.testing.assert_array_equal(results['gt_seg_map'], original['gt_seg_map'][:, ::-1])


@pytest.mark.parametrize('prob, flip, direction', [(0, False, None), (1, True, 'horizontal')])
def test_flip_is_reported_to_the_packed_sample(prob, flip, direction):
    meta = PackSegInputs()(HorizontalFlip(prob=prob)(sample()))['data_samples'].metainfo
    assert (meta['flip'], meta['flip_direction']) == (flip, direction)


@pytest.mark.parametrize('crop_size', [97, (97,), (97, 0)])
@pytest.mark.parametrize('kind', [HardSampleCrop, CenteredMiningCrop])
def test_crop_size_that_is_no_pair_is_named(kind, crop_size):
    with pytest.raises(ValueError, match=f'{kind.__name__}: crop_size = .*97.*expected .height, width. in pixels'):
        kind(crop_size=crop_size)


@pytest.mark.parametrize('scale', [97, (97,), (97, 0)])
def test_scale_that_is_no_pair_is_named(scale):
    with pytest.raises(ValueError, match='JitteredResize: scale = .*97.*expected .width, height. in pixels'):
        JitteredResize(scale=scale)
