import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmuda.datasets.label_maps import (
    CAMVID,
    CAMVID_CLASSES,
    CAMVID_PALETTE,
    CITYSCAPES_AS_ROBOTCAR,
    CITYSCAPES_CLASSES,
    CITYSCAPES_PALETTE,
    GTA,
    ROBOTCAR,
    ROBOTCAR_CLASSES,
    ROBOTCAR_PALETTE,
    SYNTHIA,
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


@pytest.mark.parametrize('label_format, classes', [
    (GTA, CITYSCAPES_CLASSES), (SYNTHIA, CITYSCAPES_CLASSES), (ROBOTCAR, ROBOTCAR_CLASSES),
    (CITYSCAPES_AS_ROBOTCAR, ROBOTCAR_CLASSES), (CAMVID, CAMVID_CLASSES)])
def test_every_class_has_a_raw_id(label_format, classes):
    assert set(label_format.lookup.tolist()) == {*range(len(classes)), 255}


def test_train_ids_above_the_classes_are_ignored():
    np.testing.assert_array_equal(train_ids(3).lookup[[0, 2, 3, 254, 255]], [0, 2, 255, 255, 255])


def test_camvid_void_is_ignored():
    assert CAMVID.lookup[11] == 255


@pytest.mark.parametrize('classes, palette', [
    (CITYSCAPES_CLASSES, CITYSCAPES_PALETTE), (ROBOTCAR_CLASSES, ROBOTCAR_PALETTE),
    (CAMVID_CLASSES, CAMVID_PALETTE)])
def test_palettes_have_one_colour_per_class(classes, palette):
    assert len({tuple(colour) for colour in palette}) == len(classes)
