import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmuda.evaluation.confusion import _count_on_device, confusion_matrix


def by_hand(prediction: torch.Tensor, label: torch.Tensor, num_classes: int, ignore_index: int) -> np.ndarray:
    matrix = np.zeros((num_classes, num_classes + 1), np.int64)
    for p, y in zip(prediction.tolist(), label.tolist()):
        if 0 <= y < num_classes and y != ignore_index:
            matrix[y, p if 0 <= p < num_classes else num_classes] += 1
    return matrix


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-2, 300), st.integers(-2, 300)), min_size=0, max_size=40),
    st.sampled_from([1, 3, 255, 270]),
    st.sampled_from([0, 2, 255]),
)
def test_counts_pairs(pairs, num_classes, ignore_index):
    prediction, label = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T
    got = confusion_matrix(prediction, label, num_classes, ignore_index)
    assert got.dtype == torch.int64
    assert np.array_equal(got.numpy(), by_hand(prediction, label, num_classes, ignore_index))


@pytest.mark.parametrize('dtype', [torch.uint8, torch.int16, torch.int32])
def test_integer_types_give_the_same_counts(dtype):
    label, prediction = torch.randint(5, (2, 50), generator=torch.Generator().manual_seed(0))
    want = confusion_matrix(prediction, label, 5)
    assert torch.equal(confusion_matrix(prediction.to(dtype), label.to(dtype), 5), want)


def test_device_and_byte_counts_agree():
    generator = torch.Generator().manual_seed(0)
    label, prediction = (torch.randint(-1, 300, (500,), generator=generator) for _ in range(2))
    assert torch.equal(_count_on_device(prediction, label, 20), confusion_matrix(prediction, label, 20, 255))


def test_arguments_are_left_as_they_were():
    label, prediction = torch.tensor([[0, 1, 255], [1, 1, 0]], dtype=torch.uint8)
    confusion_matrix(prediction, label, 2)
    assert label.tolist() == [0, 1, 255] and prediction.tolist() == [1, 1, 0]
