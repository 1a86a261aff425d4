import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmseg.datasets.transforms import PackSegInputs

from mmuda.datasets.transforms import RareClassCrop
from mmuda.datasets.transforms.rare_class_crop import cut, draw_center, draw_rare_class_crop
from mmuda.utils.isolated_rng import isolated_rng

SMALL = dict(crop_size=16, nominal_size=32, scale_range=(1.0, 1.0))  # crops of 16 x 16 without resizing


def sample(height: int = 24, width: int = 32, labeled: bool = True) -> dict:
    rng = np.random.default_rng(0)
    results = dict(img=rng.integers(0, 256, (height, width, 3), np.uint8), img_path='a.png')
    if labeled:
        results['gt_seg_map'] = np.zeros((height, width), np.uint8)
    return results


def test_crop_size_is_rounded_up_to_the_stride():
    assert RareClassCrop(crop_size=500, stride=8).crop_size == 504


def test_a_rare_pixel_is_in_the_middle_of_the_crop():
    results = sample()
    results['gt_seg_map'][11, 14] = 5
    label = RareClassCrop(mine_chance=1.0, mine_ids=[5], flip=False, **SMALL)(results)['gt_seg_map']
    assert label.shape == (16, 16) and label[8, 8] == 5


def test_pixels_around_which_no_crop_fits_are_no_centers():
    label = np.full((24, 32), 5)
    label[8:15, 8:23] = 0
    assert draw_center(np.random.RandomState(0), label, 16, [], [5]) is None


def test_priority_classes_go_first():
    label = np.zeros((24, 32), np.uint8)
    label[8:15, 8:15], label[8, 20] = 5, 6
    drawn = {draw_center(np.random.RandomState(seed), label, 16, [6, 7], [5])[0] for seed in range(20)}
    assert drawn == {6}


def test_other_mined_classes_where_there_is_no_priority_class():
    label = np.zeros((24, 32), np.uint8)
    label[8:15, 8:15], label[8, 20] = 5, 6
    drawn = {draw_center(np.random.RandomState(seed), label, 16, [7], [5, 6, 9])[0] for seed in range(20)}
    assert drawn == {5, 6}


@pytest.mark.parametrize('settings', [dict(mine_chance=0.0, mine_ids=[5]), dict(mine_chance=1.0, mine_ids=[])])
def test_without_mining_the_position_is_random(settings):
    label = np.full((24, 32), 5, np.uint8)
    drawn = [
        draw_rare_class_crop(np.random.RandomState(seed), label, label.shape, 16, 32, **settings) for seed in range(30)
    ]
    assert {draw.mined_class for draw in drawn} == {-1}
    assert min(draw.top for draw in drawn) < 0 < max(draw.top for draw in drawn)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.booleans())
def test_images_of_any_size_give_a_crop_that_shows_the_image(height, width, seed, labeled):
    label = np.full((height, width), 5, np.uint8) if labeled else None
    draw = draw_rare_class_crop(np.random.RandomState(seed), label, (height, width), 16, 32, mine_ids=[5])
    for first, side in ((draw.top, height), (draw.left, width)):
        assert -draw.border <= first <= max(side - draw.size, 0) and first + draw.size > 0


def test_outside_of_the_image_is_filled():
    got = cut(np.array([[1, 2], [3, 4]], np.uint8), top=-1, left=0, size=3, fill=9)
    np.testing.assert_array_equal(got, [[9, 9, 9], [1, 2, 9], [3, 4, 9]])


def test_small_images_are_filled_with_ignored_pixels():
    results = RareClassCrop(flip=False, **SMALL)(sample(4, 6))
    assert (results['gt_seg_map'] == 0).sum() == 4 * 6 and (results['gt_seg_map'] == 255).sum() == 16 * 16 - 4 * 6


def test_image_and_label_are_cropped_alike():
    results = sample()
    results['gt_seg_map'] = results['img'][:, :, 0] // 2
    np.random.seed(1)
    cropped = RareClassCrop(**SMALL)(results)
    inside = cropped['gt_seg_map'] != 255
    assert inside.any()
    np.testing.assert_array_equal(cropped['gt_seg_map'][inside], cropped['img'][:, :, 0][inside] // 2)


@pytest.mark.parametrize('grid', [False, True])
def test_mirrored_label(grid):
    label = np.arange(256, dtype=np.uint8).reshape(16, 16)
    got = {}
    for flip in (False, True):
        crop = RareClassCrop(mirror_label_grid=grid, flip=flip, **SMALL)
        np.random.seed(next(seed for seed in range(9) if crop_is_mirrored(seed)))
        got[flip] = crop(dict(img=np.zeros((16, 16, 3), np.uint8), gt_seg_map=label))['gt_seg_map']
    if grid:
        np.testing.assert_array_equal(got[True][4::8, 4::8], got[False][4::8, 4::8][:, ::-1])
    else:
        np.testing.assert_array_equal(got[True], got[False][:, ::-1])


def crop_is_mirrored(seed: int) -> bool:
    return draw_rare_class_crop(
        np.random.RandomState(seed), None, (16, 16), SMALL['crop_size'], SMALL['nominal_size'], (1.0, 1.0)
    ).flip


def test_every_other_crop_is_mirrored():
    mirrored = [crop_is_mirrored(seed) for seed in range(100)]
    assert 30 < sum(mirrored) < 70


def test_unlabeled_images_are_cropped():
    results = RareClassCrop(mine_ids=[3], **SMALL)(sample(labeled=False))
    assert results['img'].shape == (16, 16, 3) and 'gt_seg_map' not in results


def test_packed_sample_knows_the_geometry():
    results = RareClassCrop(crop_size=16, nominal_size=32, scale_range=(2.0, 2.0), flip=False)(
        dict(sample(), seg_fields=['gt_seg_map'], ori_shape=(24, 32))
    )
    meta = PackSegInputs()(results)['data_samples'].metainfo
    assert (meta['img_shape'], meta['scale_factor'], meta['flip']) == ((16, 16), (2.0, 2.0), False)


def test_sample_depends_on_the_seeded_generators_alone():
    crop, images = RareClassCrop(crop_size=16, nominal_size=32, mine_ids=[0]), []
    for _ in range(2):
        with isolated_rng([3, 7]):
            images.append(crop(sample())['img'])
    np.testing.assert_array_equal(*images)


@pytest.mark.parametrize(
    'setting',
    [
        dict(crop_size=0),
        dict(nominal_size=0),
        dict(stride=0),
        dict(scale_range=(1.3, 0.7)),
        dict(scale_range=(0, 1)),
        dict(mine_chance=1.5),
    ],
)
def test_bad_settings_are_named(setting):
    with pytest.raises(ValueError, match=f'RareClassCrop: .*{next(iter(setting))}'):
        RareClassCrop(**setting)
