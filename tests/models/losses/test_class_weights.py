import pytest
import torch

from mmuda.models.losses import ClassBalanceWeights
from mmuda.models.losses.class_weights import count_classes


def labels_with(counts: list[int], size: tuple[int, int, int]) -> torch.Tensor:
    """Labels holding class c ``counts[c]`` times, 255 elsewhere."""
    flat = torch.full((size[0] * size[1] * size[2],), 255)
    flat[: sum(counts)] = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    return flat.reshape(size)


def test_three_calls_of_the_worked_example():
    weights = ClassBalanceWeights(num_classes=4)
    labels = labels_with([12288, 4086, 10, 0], (1, 128, 128))
    for absent in (11.2, 14.98, 18.382):
        torch.testing.assert_close(weights(labels), torch.tensor([1.0, 7.0, 7.0, absent]))


def test_average_of_an_absent_class_approaches_the_maximum():
    weights = ClassBalanceWeights(num_classes=2)
    for _ in range(9):
        weights(torch.zeros(1, 2, 2, dtype=torch.uint8))
    torch.testing.assert_close(weights.absence, torch.tensor([1.0, 7 - 6 * 0.9**9]))


@pytest.mark.parametrize('count, want', [(4095, 7.0), (4096, 1.0)])
def test_limit_is_strict(count, want):
    weights = ClassBalanceWeights(num_classes=1, often_balance=False)
    assert weights(labels_with([count], (1, 64, 65))).item() == want


def test_limit_grows_with_the_batch():
    weights = ClassBalanceWeights(num_classes=1, min_pixels=4, often_balance=False)
    assert weights(labels_with([7], (2, 3, 3))).item() == 7.0
    assert weights(labels_with([8], (2, 3, 3))).item() == 1.0


def test_average_is_part_of_the_state():
    weights, other = (ClassBalanceWeights(num_classes=3) for _ in range(2))
    weights(torch.zeros(1, 2, 2, dtype=torch.long))
    other.load_state_dict(weights.state_dict())
    torch.testing.assert_close(other.absence, weights.absence, rtol=0, atol=0)


def test_labels_outside_the_classes_are_not_counted():
    assert count_classes(torch.tensor([-1, 0, 1, 1, 7, 255]), num_classes=2).tolist() == [1, 2]


def test_ignored_class_is_not_counted():
    assert count_classes(torch.tensor([0, 0, 1]), num_classes=2, ignore_index=0).tolist() == [0, 1]


@pytest.mark.parametrize(
    'kwargs', [dict(num_classes=0), dict(num_classes=2, momentum=1.5), dict(num_classes=2, max_weight=0.5)]
)
def test_bad_argument_is_named(kwargs):
    with pytest.raises(ValueError, match=list(kwargs)[-1]):
        ClassBalanceWeights(**kwargs)


def test_wrong_shape_is_refused():
    with pytest.raises(ValueError, match='N, H, W'):
        ClassBalanceWeights(num_classes=2)(torch.zeros(2, 2, dtype=torch.long))
