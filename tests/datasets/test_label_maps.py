import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmuda.datasets.classes import CAMVID_CLASSES, CITYSCAPES_CLASSES, CROSS_CITY_CLASSES, ROBOTCAR_CLASSES
from mmuda.datasets.label_maps import (
    CAMVID,
    CAMVID_PALETTE,
    CITYSCAPES_AS_ROBOTCAR,
    CITYSCAPES_IDS,
    CITYSCAPES_PALETTE,
    CROSS_CITY,
    CROSS_CITY_PALETTE,
    GTA,
    ROBOTCAR,
    ROBOTCAR_PALETTE,
    SYNTHIA,
    label_ids,
    lookup_array,
    train_ids,
)


@given(st.dictionaries(st.integers(0, 255), st.integers(0, 255)))
def test_every_raw_id_is_mapped_or_ignored(table):
    lookup = lookup_array(table)
    assert [lookup[raw] for raw in range(256)] == [table.get(raw, 255) for raw in range(256)]


@pytest.mark.parametrize('raw, train', [(256, 0), (-1, 0), (0, 256), (0, -1)])
def test_entries_out_of_range_are_named(raw, train):
    with pytest.raises(ValueError, match=f'{raw} -> {train}'):
        lookup_array({raw: train})


@pytest.mark.parametrize(
    'label_format, classes',
    [
        (GTA, CITYSCAPES_CLASSES),
        (SYNTHIA, CITYSCAPES_CLASSES),
        (ROBOTCAR, ROBOTCAR_CLASSES),
        (CITYSCAPES_AS_ROBOTCAR, ROBOTCAR_CLASSES),
        (CAMVID, CAMVID_CLASSES),
        (CROSS_CITY, CROSS_CITY_CLASSES),
    ],
)
def test_every_class_has_a_raw_id(label_format, classes):
    assert set(label_format.lookup.tolist()) == {*range(len(classes)), 255}


def test_train_ids_above_the_classes_are_ignored():
    np.testing.assert_array_equal(train_ids(3).lookup[[0, 2, 3, 254, 255]], [0, 2, 255, 255, 255])


def test_camvid_void_is_ignored():
    assert CAMVID.lookup[11] == 255


@pytest.mark.parametrize(
    'classes, palette',
    [
        (CITYSCAPES_CLASSES, CITYSCAPES_PALETTE),
        (ROBOTCAR_CLASSES, ROBOTCAR_PALETTE),
        (CAMVID_CLASSES, CAMVID_PALETTE),
        (CROSS_CITY_CLASSES, CROSS_CITY_PALETTE),
    ],
)
def test_palettes_have_one_color_per_class(classes, palette):
    assert len({tuple(color) for color in palette}) == len(classes)


@given(st.permutations(sorted(CITYSCAPES_IDS.items())))
def test_class_to_label_id_does_not_depend_on_the_order_of_the_table(entries):
    np.testing.assert_array_equal(label_ids(dict(entries)), sorted(CITYSCAPES_IDS))


def test_writing_label_ids_and_reading_them_is_the_identity():
    train = np.arange(len(CITYSCAPES_CLASSES))
    np.testing.assert_array_equal(lookup_array(CITYSCAPES_IDS)[label_ids(CITYSCAPES_IDS)[train]], train)


@pytest.mark.parametrize('table', [{7: 0, 8: 0}, {7: 0, 8: 2}, {7: 1}])
def test_tables_that_cannot_be_inverted_are_refused(table):
    with pytest.raises(ValueError, match='expected each of 0 to'):
        label_ids(table)
