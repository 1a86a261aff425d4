import pytest
import torch

from mmuda.pseudo_labels.thresholds.sampling import SAMPLING_RULES, every_nth_of_class


def positions(label: list[int], seen: list[int], stride: int) -> list[int]:
    label = torch.tensor(label, dtype=torch.uint8)
    return every_nth_of_class(label, label.bincount(minlength=len(seen)), torch.tensor(seen), stride).tolist()


def test_every_nth_pixel_of_each_class_from_its_first_one():
    assert positions([1, 0, 1, 1, 0, 1, 1, 0], [0, 0], 2) == [1, 7, 0, 3, 6]


def test_counting_goes_on_from_the_part_before():
    assert positions([1, 0, 1, 1, 0, 1, 1, 0], [1, 4], 2) == [4, 0, 3, 6]


def test_classes_that_do_not_occur_have_no_position():
    assert positions([2] * 5, [0, 3, 0, 0], 4) == [0, 4]


@pytest.mark.parametrize('rule, expected', [('cbst', [0, 0, 1, 3]), ('crst', [0, 0, 1, 3]), ('paper', [0, 1, 2, 4])])
def test_ranks(rule, expected):
    assert SAMPLING_RULES[rule].ranks(torch.tensor([0, 1, 4, 10]), 0.39).tolist() == expected


def test_rank_is_that_of_the_product_in_double_precision():
    assert int(100 * 0.29) == 28  # not 29
    assert SAMPLING_RULES['crst'].ranks(torch.tensor([100]), 0.29).tolist() == [28]
