import random

import numpy as np
import pytest
from PIL import Image

from mmuda.datasets.transforms import ColorAutoAugment
from mmuda.datasets.transforms import color_auto_augment as module


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(20, 200, (8, 10, 3), np.uint8)


def test_policy_has_18_pairs_of_which_13_differ():
    assert (len(module.POLICY), len(set(module.POLICY))) == (18, 13)


def test_labels_and_shape_stay(image):
    label = np.arange(80, dtype=np.uint8).reshape(8, 10)
    for seed in range(30):
        random.seed(seed)
        results = ColorAutoAugment()(dict(img=image.copy(), gt_seg_map=label.copy()))
        assert results['img'].shape == image.shape and results['img'].dtype == np.uint8
        np.testing.assert_array_equal(results['gt_seg_map'], label)


def test_channels_keep_their_place(image, monkeypatch):
    monkeypatch.setattr(module, 'POLICY', ((('invert', 1, 0),),))
    np.testing.assert_array_equal(ColorAutoAugment()(dict(img=image))['img'], 255 - image)


def test_operations_are_skipped_with_probability_zero(image, monkeypatch):
    monkeypatch.setattr(module, 'POLICY', ((('invert', 0, 0),),))
    np.testing.assert_array_equal(ColorAutoAugment()(dict(img=image))['img'], image)


@pytest.mark.parametrize(
    'operation, level, value', [('solarize', 0, 199), ('solarize', 9, 56), ('posterize', 9, 192), ('posterize', 1, 199)]
)
def test_levels(operation, level, value):
    gray = Image.new('RGB', (1, 1), (199, 199, 199))
    assert module.OPERATIONS[operation](gray, level).getpixel((0, 0)) == (value, value, value)


def test_enhancement_goes_both_ways(image):
    picture = Image.fromarray(image)
    spreads = {np.array(module.OPERATIONS['contrast'](picture, 5)).std().round(3) for _ in range(20)}
    assert len(spreads) == 2 and min(spreads) < image.std() < max(spreads)
