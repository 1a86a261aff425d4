import random
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mmuda.datasets.transforms import CenteredMiningCrop, centered_mining_crop
from mmuda.datasets.transforms.centered_mining_crop import draw_mining_offset
from mmuda.utils.isolated_rng import isolated_rng


def sample(height: int = 24, width: int = 32, labeled: bool = True) -> dict:
    rng = np.random.default_rng(0)
    results = dict(img=rng.integers(0, 256, (height, width, 3), np.uint8))
    if labeled:
        results['gt_seg_map'] = rng.integers(0, 19, (height, width)).astype(np.uint8)
    return results


@pytest.mark.parametrize('pixel, offset', [((12, 15), (8, 9)), ((0, 0), (0, 0)), ((23, 31), (16, 20))])
def test_crop_is_centered_on_the_mined_pixel_and_shifted_inside(pixel, offset):
    label = np.zeros((24, 32), np.uint8)
    label[pixel] = 7
    assert draw_mining_offset(random.Random(0), label, (8, 12), [7], 1.0) == offset


def test_every_mined_class_that_is_there_is_drawn():
    label = np.zeros((24, 32), np.uint8)
    label[4, 6], label[20, 26] = 7, 8
    offsets = {draw_mining_offset(random.Random(seed), label, (8, 12), [9, 7, 8], 1.0) for seed in range(20)}
    assert offsets == {(0, 0), (16, 20)}


@pytest.mark.parametrize('mine_ids, chance', [([7], 0.0), ([], 1.0), ([9], 1.0)])
def test_otherwise_the_position_is_uniform(mine_ids, chance):
    label = np.full((10, 14), 7, np.uint8)
    offsets = [draw_mining_offset(random.Random(seed), label, (8, 12), mine_ids, chance) for seed in range(200)]
    assert set(offsets) == {(row, column) for row in range(3) for column in range(3)}


def test_image_and_label_are_cropped_alike():
    results = sample()
    results['gt_seg_map'] = results['img'][:, :, 0] // 2
    cropped = CenteredMiningCrop((8, 12), scales=[1.0])(results)
    assert cropped['img_shape'] == (8, 12)
    np.testing.assert_array_equal(cropped['gt_seg_map'], cropped['img'][:, :, 0] // 2)


def test_small_images_are_padded_at_bottom_and_right():
    results = sample(4, 6)
    label = results['gt_seg_map'].copy()
    cropped = CenteredMiningCrop((8, 12), scales=[1.0], image_fill=(1, 2, 3))(results)
    np.testing.assert_array_equal(cropped['gt_seg_map'][:4, :6], label)
    assert (cropped['gt_seg_map'][4:] == 255).all() and (cropped['gt_seg_map'][:, 6:] == 255).all()
    assert (cropped['img'][4:] == (1, 2, 3)).all() and (cropped['img'][:, 6:] == (1, 2, 3)).all()


def test_all_scales_are_drawn_and_reported():
    crop = CenteredMiningCrop((4, 4), scales=(0.5, 1.0, 1.5))
    shapes = {crop(sample())['scaled_shape'] for _ in range(60)}
    assert shapes == {(12, 16), (24, 32), (36, 48)}


def test_reported_position_finds_the_crop_again():
    results = sample()
    label = results['gt_seg_map'].copy()
    cropped = CenteredMiningCrop((8, 12), scales=[1.0])(results)
    top, left = cropped['crop_offset']
    np.testing.assert_array_equal(cropped['gt_seg_map'], label[top : top + 8, left : left + 12])


def test_unlabeled_images_are_cropped():
    cropped = CenteredMiningCrop((8, 12), mine_ids=[3])(sample(labeled=False))
    assert cropped['img'].shape == (8, 12, 3) and 'gt_seg_map' not in cropped


def test_sample_depends_on_the_seeded_generators_alone():
    crop, images = CenteredMiningCrop((8, 12), mine_ids=[3]), []
    for _ in range(2):
        with isolated_rng([3, 7]):
            images.append(crop(sample())['img'])
    np.testing.assert_array_equal(*images)


@pytest.mark.parametrize(
    'setting',
    [
        dict(crop_size=(0, 4)),
        dict(crop_size=(4,)),
        dict(scales=[]),
        dict(scales=[0.5, -1]),
        dict(mine_chance=-0.1),
        dict(resize='pillow'),
    ],
)
def test_bad_settings_are_named(setting):
    with pytest.raises(ValueError, match=f'CenteredMiningCrop: {next(iter(setting))}'):
        CenteredMiningCrop(**setting)


@pytest.mark.parametrize('scale', [0.5, 0.6, 0.7, 0.9, 1.1, 1.3, 1.5])
def test_published_resizing_is_opencvs_by_the_factor(scale):
    results = sample(27, 35)
    image, label = results['img'], results['gt_seg_map']
    size = tuple(round(side * scale) for side in image.shape[:2])
    cropped = CenteredMiningCrop(size, scales=[scale], resize='published')(results)
    assert cropped['scaled_shape'] == size
    np.testing.assert_array_equal(
        cropped['img'], cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    )
    np.testing.assert_array_equal(
        cropped['gt_seg_map'], cv2.resize(label, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    )
    rows, columns = (
        np.minimum(np.floor(np.arange(new) * (1 / scale)), old - 1).astype(int) for new, old in zip(size, label.shape)
    )
    np.testing.assert_array_equal(cropped['gt_seg_map'], label[np.ix_(rows, columns)])


def test_published_labels_lie_beside_aligned_ones():
    label = np.arange(8, dtype=np.uint8)[None].repeat(8, 0)
    image = np.zeros((8, 8, 3), np.uint8)
    rows = [
        CenteredMiningCrop((4, 4), scales=[0.5], resize=resize)(dict(img=image, gt_seg_map=label))['gt_seg_map'][0]
        for resize in ('published', 'aligned')
    ]
    assert [row.tolist() for row in rows] == [[0, 2, 4, 6], [1, 3, 5, 7]]


def warnings_of(crop: CenteredMiningCrop, size: tuple[int, int], times: int = 3) -> list[str]:
    """What the transform says about images of a size."""
    messages = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(centered_mining_crop, 'print_log', lambda message, **options: messages.append(message))
        for _ in range(times):
            crop(dict(sample(*size), img_path='city/a.png'))
    return messages


@pytest.mark.parametrize(
    'size, scales, problem',
    [
        ((24, 32), (0.5, 0.6, 2.0), 'most of the scaled images are smaller than the crop and are padded'),
        ((60, 20), (1.0,), 'most of the scaled images are smaller than the crop and are padded'),
        ((200, 300), (0.6, 1.0), r'at every scale the crop is less than 1/16 of the image'),
    ],
)
def test_images_that_do_not_fit_are_said_once(size, scales, problem):
    messages = warnings_of(CenteredMiningCrop((20, 24), scales=scales), size)
    assert len(messages) == 1
    assert problem in messages[0] and 'city/a.png' in messages[0]
    for named in (size, scales, (20, 24)):
        assert str(named) in messages[0]


@pytest.mark.parametrize(
    'size, scales', [((20, 24), (1.0,)), ((24, 32), (0.5, 1.0)), ((80, 96), (0.9, 1.0)), ((200, 300), (0.2, 1.0))]
)
def test_images_that_fit_give_no_warning(size, scales):
    assert warnings_of(CenteredMiningCrop((20, 24), scales=scales), size) == []


@pytest.mark.parametrize(
    'crop_size, scales, sizes',
    [
        ((512, 1024), None, [(1024, 2048), (1052, 1914)]),
        ((500, 500), None, [(1052, 1914), (1024, 2048)]),
        ((600, 900), (0.8, 0.9, 1.0, 1.1), [(1024, 2048)]),
    ],
)
def test_published_sizes_fit(crop_size, scales, sizes):
    crop = CenteredMiningCrop(crop_size) if scales is None else CenteredMiningCrop(crop_size, scales)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(centered_mining_crop, 'print_log', lambda message, **options: pytest.fail(message))
        for size in sizes:
            crop._check_fit(size, None)


def test_only_the_first_worker_warns(monkeypatch):
    monkeypatch.setattr(centered_mining_crop, 'get_worker_info', lambda: SimpleNamespace(id=1))
    assert warnings_of(CenteredMiningCrop((200, 240), scales=(1.0,)), (24, 32)) == []
