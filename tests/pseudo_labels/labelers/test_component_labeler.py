import pytest
import torch
from mmseg.registry import TASK_UTILS

from mmuda.pseudo_labels import ComponentLabeler


def probabilities() -> torch.Tensor:
    sure = torch.tensor([[0.95, 0.95, 0.2, 0.05], [0.95, 0.95, 0.95, 0.05], [0.05, 0.95, 0.05, 0.05]])
    return torch.stack([sure, 1 - sure])


def test_unsure_pixels_and_small_components_are_ignored():
    labels = ComponentLabeler(0.9, [3, 6])(probabilities()).label
    assert labels.tolist() == [[0, 0, 255, 255], [0, 0, 0, 255], [255, 0, 255, 255]]
    assert ComponentLabeler(0.9, [3, 5])(probabilities()).label[0, 3] == 255  # four pixels
    assert ComponentLabeler(0.9, [3, 1])(probabilities()).label[0, 3] == 1


def test_confidence_is_that_of_all_pixels():
    assert ComponentLabeler(0.9, [3, 6])(probabilities()).confidence[2, 0] == pytest.approx(0.95)


def test_thresholds_by_frequency():
    labeler = TASK_UTILS.build(dict(type='ComponentLabeler', frequencies=[0.3, 0.1], base=2, span=3))
    assert labeler.min_pixels == (5, 2)
    assert labeler.description() == dict(type='ComponentLabeler', threshold=0.9, min_pixels=[5, 2])
    assert TASK_UTILS.build(labeler.description()).min_pixels == (5, 2)


@pytest.mark.parametrize('settings', [{}, dict(min_pixels=[1, 2], frequencies=[0.1, 0.2])])
def test_one_kind_of_thresholds_is_needed(settings):
    with pytest.raises(ValueError, match='either min_pixels or frequencies'):
        ComponentLabeler(**settings)


def test_another_number_of_classes_is_refused():
    with pytest.raises(ValueError, match='3 thresholds of components, but 2 classes'):
        ComponentLabeler(min_pixels=[1, 2, 3])(probabilities())


@pytest.mark.parametrize('setting', [dict(base=50), dict(span=0)])
def test_settings_of_frequencies_are_refused_beside_min_pixels(setting):
    with pytest.raises(
        ValueError, match='base and span make thresholds of frequencies, and do nothing with min_pixels'
    ):
        ComponentLabeler(min_pixels=[1, 2], **setting)
