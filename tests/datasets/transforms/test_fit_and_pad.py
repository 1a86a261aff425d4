import numpy as np
import pytest

from mmuda.datasets.transforms import FitAndPad
from mmuda.utils.fitting import fitted, padded_to_aspect


def sample(height: int = 30, width: int = 40) -> dict:
    return dict(img=np.full((height, width, 3), 7, np.uint8), gt_seg_map=np.full((height, width), 3, np.uint8))


def test_sizes_are_those_of_the_published_code():
    assert fitted((30, 40), (1280, 760)) == (760, 1013)
    assert fitted((3, 4), (640, 320)) == (320, 426)
    assert padded_to_aspect((30, 40), (1280, 760)) == (30, 50)
    assert padded_to_aspect((2448, 3264), (2, 1)) == (2448, 4896)


@pytest.mark.parametrize('label, shape, filled', [('resize', (38, 64), 14 / 64), ('full', (30, 50), 0.2)])
def test_the_right_part_is_filled(label, shape, filled):
    results = FitAndPad((64, 38), label)(sample())
    assert results['img'].shape == (38, 64, 3) and results['img_shape'] == (38, 64)
    assert results['gt_seg_map'].shape == results['ori_shape'] == shape
    assert (results['gt_seg_map'] == 255).mean() == pytest.approx(filled, abs=0.01)
    assert not results['img'][:, 51:].any() and (results['img'][:, :50] == 7).all()


def test_wide_images_are_filled_below():
    results = FitAndPad((64, 38))(sample(10, 40))
    assert (results['gt_seg_map'][16:] == 255).all() and (results['gt_seg_map'][:16] == 3).all()


def test_images_without_labels():
    results = sample()
    del results['gt_seg_map']
    assert FitAndPad((64, 38))(results)['ori_shape'] == (38, 64)


@pytest.mark.parametrize('settings', [dict(scale=64), dict(scale=(64, 0)), dict(scale=(64, 38), label='crop')])
def test_bad_settings_are_named(settings):
    with pytest.raises(ValueError, match='FitAndPad: (scale|label) ='):
        FitAndPad(**settings)
