import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmuda.pseudo_labels.thresholds.components import component_thresholds, remove_small_components


def test_rule_by_frequency():
    assert component_thresholds([0.1, 0.2, 0.3, 0.0004], 50, 4950) == [1696, 3348, 5000, 50]


def test_equal_frequencies_are_refused():
    with pytest.raises(ValueError, match='classes that differ'):
        component_thresholds([1, 1], 50, 50)


def test_touching_corners_are_one_component():
    label = np.full((320, 640), 255, np.uint8)
    label[[10, 11, 12], [20, 21, 22]] = 0  # kept: 3 is not below 3
    label[50, 60:62] = 0
    label[80:83, 90] = 1
    kept = remove_small_components(label, [3, 4])
    assert (kept == 0).sum() == 3 and kept[11, 21] == 0 and (kept == 1).sum() == 0


def test_classes_without_threshold_stay():
    label = np.array([[0, 5, 255]], np.uint8)
    np.testing.assert_array_equal(remove_small_components(label, [2]), [[255, 5, 255]])


def by_flooding(label: np.ndarray, min_pixels: list[int]) -> np.ndarray:
    kept, seen = label.copy(), np.zeros(label.shape, bool)
    for start in np.ndindex(label.shape):
        if seen[start] or label[start] >= len(min_pixels):
            continue
        seen[start], component = True, [start]
        for row, column in component:  # grows while it is looked through
            for near in np.ndindex(3, 3):
                cell = row + near[0] - 1, column + near[1] - 1
                inside = all(0 <= at < side for at, side in zip(cell, label.shape))
                if inside and not seen[cell] and label[cell] == label[start]:
                    seen[cell] = True
                    component.append(cell)
        if len(component) < min_pixels[label[start]]:
            kept[tuple(zip(*component))] = 255
    return kept


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 12), min_size=3, max_size=3))
def test_same_as_by_flooding(seed, min_pixels):
    label = np.random.default_rng(seed).choice(np.array([0, 1, 2, 3, 255], np.uint8), (9, 11))
    np.testing.assert_array_equal(remove_small_components(label, min_pixels), by_flooding(label, min_pixels))
