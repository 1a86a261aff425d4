"""ClassMix and pseudo labels against the authors' implementation (cases of golden/dacs)."""
import numpy as np
import pytest
import torch

from mmuda.models.augmentation.class_mix import class_mask, draw_classes_numpy, paste
from mmuda.models.augmentation.confidence_weight import confidence_weight
from tests.parity.dacs_steps import resized, tensor
from tests.parity.golden import assert_close, load_case


@pytest.fixture
def mixing() -> dict[str, np.ndarray]:
    return load_case('dacs', 'classmix')


def drawn_in_turn(case: dict[str, np.ndarray]) -> list[torch.Tensor]:
    """The classes of all iterations, from the state that the published code starts with."""
    np.random.seed(int(case['param_numpy_seed']))
    return [draw_classes_numpy(tensor(labels).long()) for labels in case['in_source_label']]


def test_drawn_classes(mixing):
    for drawn, chosen in zip(drawn_in_turn(mixing), mixing['out_chosen_classes']):
        assert [set(row.nonzero()[:, 0].tolist()) for row in drawn] == [set(ids[ids >= 0].tolist()) for ids in chosen]


def test_mask(mixing):
    got = [class_mask(tensor(labels).long(), drawn)
           for labels, drawn in zip(mixing['in_source_label'], drawn_in_turn(mixing))]
    assert np.array_equal(torch.stack(got), mixing['out_mask'])


@pytest.mark.parametrize('kind, source, target', [('image', 'in_source_image', 'in_target_image'),
                                                  ('label', 'in_source_label', 'in_pseudo_label')])
def test_mixed(mixing, kind, source, target):
    for k, mask in enumerate(tensor(mixing['out_mask']).bool()):
        got = paste(mask, tensor(mixing[source][k]), tensor(mixing[target][k]))
        assert np.array_equal(got, mixing[f'out_mixed_{kind}'][k])


def test_mixed_weight(mixing):
    for k, mask in enumerate(tensor(mixing['out_mask']).bool()):
        weight = torch.full(mask.shape, float(mixing['in_target_weight'][k]))
        assert_close(paste(mask, torch.ones_like(weight), weight), mixing['out_mixed_weight'][k], 1e-6, 'weight')


@pytest.fixture
def teacher() -> dict[str, np.ndarray]:
    return load_case('dacs', 'pseudo_weight')


def teacher_confidence(case: dict[str, np.ndarray]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Per iteration, largest probability and label of the teacher."""
    return [tuple(resized(logits, case['param_size']).softmax(1).max(1)) for logits in case['in_teacher_logits']]


def test_confidence_and_labels(teacher):
    confidence, labels = map(torch.stack, zip(*teacher_confidence(teacher)))
    assert_close(confidence, teacher['out_max_prob'], 1e-5, 'maximum')
    assert np.array_equal(labels, teacher['out_pseudo_label'])


def test_weight_of_the_batch(teacher):
    for (confidence, _), want in zip(teacher_confidence(teacher), teacher['out_weight']):
        weight = confidence_weight(confidence.double(), float(teacher['param_threshold']), 'batch')
        assert weight.unique().tolist() == [float(want)]


@pytest.mark.parametrize('weighting, published', [('batch', 'uniform'), ('pixel', 'per_pixel'), ('none', 'off')])
def test_mixed_weight_from_logits(teacher, weighting, published):
    for k, (confidence, _) in enumerate(teacher_confidence(teacher)):
        weight = confidence_weight(confidence, float(teacher['param_threshold']), weighting)
        weight = paste(tensor(teacher['in_mask'][k]).bool(), torch.ones_like(weight), weight)
        assert_close(weight, teacher[f'out_mixed_weight_{published}'][k], 1e-6, 'weight')
