import numpy as np
import pytest
import torch
from scipy.ndimage import uniform_filter

from mmuda.pseudo_labels.ensemble.box_sum import box_sum, equals


@pytest.mark.parametrize('window', [1, 3, 5, 7, 9, 11, 35])
@pytest.mark.parametrize('shape', [(9, 13), (1, 1), (2, 6)])
def test_box_sum_equals_its_definition(window, shape):
    plane = torch.randint(101, shape, generator=torch.Generator().manual_seed(0), dtype=torch.int32)
    want = uniform_filter(plane.double().numpy(), window, mode='constant') * window**2
    np.testing.assert_array_equal(box_sum(plane, window), want.round())


def test_equals_gives_zeros_and_ones():
    got = equals(torch.tensor([[0, 3], [3, 255]], dtype=torch.uint8), 3)
    assert got.dtype == torch.uint8 and got.tolist() == [[0, 1], [1, 0]]
