import pytest
import torch

from mmuda.pseudo_labels import TeacherPredictions


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape, dtype=torch.uint8)


def test_labels_and_bytes_of_probabilities():
    first = torch.tensor([0.905, 0.5]).view(1, 1, 2)
    predictions = TeacherPredictions.from_probabilities([torch.cat([first, 1 - first]), torch.cat([1 - first, first])])
    assert predictions.labels.tolist() == [[[0, 0]], [[1, 0]]]
    assert predictions.certainties[0].tolist() == [[[90, 50]], [[9, 50]]]
    assert (predictions.num_teachers, predictions.num_classes) == (2, 2)


@pytest.mark.parametrize('probabilities', [[], [torch.zeros(2, 1, 1), torch.zeros(2, 1, 2)]])
def test_teachers_of_another_shape_are_refused(probabilities):
    with pytest.raises(ValueError, match='at least one teacher, all of one shape'):
        TeacherPredictions.from_probabilities(probabilities)


@pytest.mark.parametrize(
    'arguments, message',
    [
        ((zeros(2, 4, 5), zeros(2, 3, 4, 6)), r'\(T, C, H, W\), got \(2, 4, 5\) and \(2, 3, 4, 6\)'),
        ((zeros(2, 4, 5), zeros(3, 3, 4, 5)), r'\(T, C, H, W\), got'),
        ((zeros(2, 4, 5), zeros(3, 4, 5)), r'\(T, C, H, W\), got'),
        ((zeros(2, 4, 5), zeros(2, 3, 4, 5), (0, 1, 1)), r'\(C, H, W\), as teacher_of_class is given, got'),
        ((zeros(2, 4, 5), zeros(3, 4, 5), (0, 1)), 'teachers of 2 classes and certainties of 3'),
        ((zeros(2, 4, 5), zeros(2, 3, 4, 5), None, zeros(2, 2).bool()), r'known \(2, 3\), .* bool, got \(2, 2\)'),
        ((zeros(2, 4, 5), zeros(2, 3, 4, 5), None, zeros(2, 3)), 'of type bool, got .* torch.uint8'),
        ((zeros(2, 4, 5), zeros(2, 3, 4, 5).float()), 'bytes .uint8., got torch.uint8 and torch.float32'),
    ],
)
def test_other_shapes_and_types_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        TeacherPredictions(*arguments)
