"""ClassMix and pseudo labels against the authors' implementation (cases of golden/dacs)."""

import numpy as np
import pytest
import torch

from mmuda.models.mixing import ConfidentPixels, ConfidentShare, EqualWeight, NumpyClassDraw
from mmuda.models.mixing.class_mix import class_mask, paste
from tests.helpers.dacs_steps import resized, tensor
from tests.helpers.golden import Case, assert_close, each_case, each_variant


def drawn_in_turn(case: Case) -> list[torch.Tensor]:
    """The classes of all iterations, from the state that the published code starts with."""
    np.random.seed(int(case['param_numpy_seed']))
    return [NumpyClassDraw()(tensor(labels).long()) for labels in case['in_source_label']]


@each_case('dacs', 'classmix*')
def test_drawn_classes(case):
    for drawn, chosen in zip(drawn_in_turn(case), case['out_chosen_classes']):
        assert [set(row.nonzero()[:, 0].tolist()) for row in drawn] == [set(ids[ids >= 0].tolist()) for ids in chosen]


@each_case('dacs', 'classmix*')
def test_mask(case):
    got = [
        class_mask(tensor(labels).long(), drawn) for labels, drawn in zip(case['in_source_label'], drawn_in_turn(case))
    ]
    assert np.array_equal(torch.stack(got), case['out_mask'])


@pytest.mark.parametrize(
    'kind, source, target',
    [('image', 'in_source_image', 'in_target_image'), ('label', 'in_source_label', 'in_pseudo_label')],
)
@each_case('dacs', 'classmix*')
def test_mixed(case, kind, source, target):
    for k, mask in enumerate(tensor(case['out_mask']).bool()):
        got = paste(mask, tensor(case[source][k]), tensor(case[target][k]))
        assert np.array_equal(got, case[f'out_mixed_{kind}'][k])


@each_case('dacs', 'classmix*')
def test_mixed_weight(case):
    for k, mask in enumerate(tensor(case['out_mask']).bool()):
        weight = torch.full(mask.shape, float(case['in_target_weight'][k]))
        assert_close(paste(mask, torch.ones_like(weight), weight), case['out_mixed_weight'][k], 1e-6, 'weight')


def teacher_confidence(case: Case) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Per iteration, largest probability and label of the teacher."""
    return [tuple(resized(logits, case['param_size']).softmax(1).max(1)) for logits in case['in_teacher_logits']]


@each_case('dacs', 'pseudo_weight*')
def test_confidence_and_labels(case):
    confidence, labels = map(torch.stack, zip(*teacher_confidence(case)))
    assert_close(confidence, case['out_max_prob'], 1e-5, 'maximum')
    assert np.array_equal(labels, case['out_pseudo_label'])


@each_case('dacs', 'pseudo_weight*')
def test_weight_of_the_batch(case):
    for (confidence, _), want in zip(teacher_confidence(case), case['out_weight']):
        weight = ConfidentShare(float(case['param_threshold']))(confidence.double())
        assert weight.unique().tolist() == [float(want)]


WEIGHTING = dict(  # by the name in the cases
    uniform=ConfidentShare, per_pixel=ConfidentPixels, off=lambda threshold: EqualWeight()
)


@each_variant('dacs', 'pseudo_weight*', 'out_mixed_weight_')
def test_mixed_weight_from_logits(case, suffix):
    for k, (confidence, _) in enumerate(teacher_confidence(case)):
        weight = WEIGHTING[suffix](float(case['param_threshold']))(confidence)
        weight = paste(tensor(case['in_mask'][k]).bool(), torch.ones_like(weight), weight)
        assert_close(weight, case[f'out_mixed_weight_{suffix}'][k], 1e-6, 'weight')
