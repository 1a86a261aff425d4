import pytest

from mmuda.datasets.classes import CITYSCAPES_CLASSES
from mmuda.evaluation.protocols import PROTOCOLS, protocol_indices

CLASSES = list(CITYSCAPES_CLASSES)


def test_presets_list_classes_of_cityscapes():
    assert {name: len(protocol_indices('m', name, CLASSES)) for name in PROTOCOLS} == dict(
        cityscapes19=19, synthia16=16, synthia13=13
    )


def test_names_are_those_of_mmseg():
    from mmseg.datasets import CityscapesDataset

    assert CITYSCAPES_CLASSES == CityscapesDataset.METAINFO['classes']


@pytest.mark.parametrize('protocol, want', [('all', [0, 1, 2]), ([2, 0], [2, 0]), (['b'], [1])])
def test_ids_names_and_all(protocol, want):
    assert protocol_indices('m', protocol, ['a', 'b', 'c']) == want


@pytest.mark.parametrize(
    'protocol, named',
    [
        ('synthia99', 'synthia99'),
        (['boat'], 'boat'),
        ([19], '19'),
        ([-1], '-1'),
        ([], 'at least one'),
        ([1, 1], 'once'),
    ],
)
def test_bad_protocol_is_named(protocol, named):
    with pytest.raises(ValueError, match=named):
        protocol_indices('m', protocol, CLASSES)
