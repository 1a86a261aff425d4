"""Depth of DADA and its successors (cases of golden/dada)."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.registry import init_default_scope

from mmuda.datasets.transforms import JitteredResize, LoadDepth
from tests.helpers.golden import each_case, each_variant


@pytest.fixture(autouse=True)
def mmseg_scope():
    init_default_scope('mmseg')


def loaded(folder: Path, depth: np.ndarray) -> dict:
    for name in ('RGB', 'Depth'):
        (folder / name).mkdir()
    assert cv2.imwrite(str(folder / 'Depth' / '0000000.png'), depth)
    image = np.zeros((*depth.shape[:2], 3), np.uint8)
    return LoadDepth()(dict(img=image, img_path=str(folder / 'RGB' / '0000000.png')))


@each_variant('dada', 'depth_encoding*', 'param_size_wh_')
def test_inverse_depth_at_other_sizes(case, suffix, tmp_path):
    assert suffix in case['param_cases']
    results = loaded(tmp_path, case['in_depth_cm'])
    size = tuple(case[f'param_size_wh_{suffix}'].tolist())
    resized = JitteredResize(scale=size, ratio_range=None)(results)
    assert resized['depth'].dtype == np.float32
    np.testing.assert_array_equal(resized['depth'], case[f'out_inverse_depth_{suffix}'])


@each_case('dada', 'depth_encoding*')
def test_three_channels_are_refused_where_the_original_makes_gray_of_them(case, tmp_path):
    assert case['out_inverse_depth_three_equal_channels'].shape == case['in_depth_cm'].shape
    with pytest.raises(OSError, match='found 16 bits and 3 channels'):
        loaded(tmp_path, np.repeat(case['in_depth_cm'][..., None], 3, axis=-1))
