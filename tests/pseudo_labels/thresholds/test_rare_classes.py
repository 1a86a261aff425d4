import pytest

from mmuda.pseudo_labels import rare_classes


def test_smallest_shares_come_first():
    assert rare_classes([5, 1, 4, 2]).smallest == [1, 3, 2]


def test_number_of_the_smallest_is_a_setting():
    assert rare_classes([5, 1, 4, 2], number=1).smallest == [1]


def test_of_equal_shares_the_lower_id_comes_first():
    assert rare_classes([7] * 19, number=4).smallest == [0, 1, 2, 3]


def test_a_share_equal_to_the_limit_has_no_priority():
    assert rare_classes([750, 250], share=0.25).priority == []


def test_classes_never_predicted_have_priority():
    assert rare_classes([0, 10, 0]).priority == [0, 2]


@pytest.mark.parametrize('variant, expected', [('cbst', [1, 3]), ('crst', [3, 1])])
def test_order_of_priority(variant, expected):
    assert rare_classes([9000, 2, 998, 1], variant=variant).priority == expected


def test_nothing_predicted_makes_every_class_rare():
    assert rare_classes([0, 0]).priority == [0, 1]


def test_unknown_variant_is_refused():
    with pytest.raises(ValueError, match="variant = 'st', expected one of"):
        rare_classes([1], variant='st')
