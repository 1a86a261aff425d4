"""The losses of DACS against the authors' implementation (cases of golden/dacs)."""
import numpy as np
import pytest

from mmuda.models.losses import HardPixelCrossEntropyLoss, PixelWeightedCrossEntropyLoss, ProbabilityMSELoss
from mmuda.models.objectives import ClassMixSupervision, SourceSupervision
from tests.parity.dacs_steps import given_step, tensor
from tests.parity.golden import assert_close, load_case

LOSSES = dict(
    source=lambda case: (HardPixelCrossEntropyLoss(percentile=None, ignore_index=int(case['param_ignore_index'])),
                         [case['in_labels']]),
    mixed=lambda case: (PixelWeightedCrossEntropyLoss(ignore_index=int(case['param_ignore_index'])),
                        [case['in_labels'], case['in_weight']]),
    mse=lambda case: (ProbabilityMSELoss(), [case['in_teacher_prob']]))


@pytest.mark.parametrize('kind', LOSSES)
def test_loss_and_gradient(kind):
    case = load_case('dacs', 'losses')
    loss, arguments = LOSSES[kind](case)
    logits = tensor(case['in_logits'], grad=True)
    value = loss(logits, *map(tensor, arguments))
    value.backward()
    assert_close(value.detach(), case[f'out_loss_{kind}'], 1e-5, 'loss')
    assert_close(logits.grad, case[f'out_grad_{kind}_logits'], 1e-5, 'gradient')


def test_source_loss_of_an_iteration():
    case = load_case('dacs', 'iteration_losses')
    objective = SourceSupervision(loss=dict(type='HardPixelCrossEntropyLoss', percentile=None))
    got = [
        float(objective(given_step(labels, (student,), teacher))['loss_main']) for labels, student, teacher in zip(
            case['in_source_label'], case['in_student_logits_source'], case['in_teacher_logits'])
    ]
    assert_close(got, case['out_loss_source'], 1e-5, 'source loss')


@pytest.mark.parametrize('suffix, options', [
    ('', dict(weighting='batch')), ('_per_pixel', dict(weighting='pixel')), ('_unweighted', dict(weighting='none')),
    ('_mse', dict(weighting='batch', loss='mse'))])
def test_mixed_loss_of_an_iteration(suffix, options):
    case = load_case('dacs', 'iteration_losses')
    np.random.seed(int(load_case('dacs', 'classmix')['param_numpy_seed']))
    objective = ClassMixSupervision(
        draw='numpy', threshold=float(load_case('dacs', 'pseudo_weight')['param_threshold']), **options)
    got = [
        float(objective(given_step(labels, (student,), teacher))['loss_main']) for labels, student, teacher in zip(
            case['in_source_label'], case['in_student_logits_mixed'], case['in_teacher_logits'])
    ]
    assert_close(got, case[f'out_loss_mixed{suffix}'], 1e-5, 'mixed loss')


def test_mixed_view_and_weight_of_an_iteration():
    mixing, case = load_case('dacs', 'classmix'), load_case('dacs', 'iteration_losses')
    np.random.seed(int(mixing['param_numpy_seed']))
    objective = ClassMixSupervision(draw='numpy')
    for k, teacher in enumerate(case['in_teacher_logits']):
        step = given_step(
            mixing['in_source_label'][k], (case['in_student_logits_mixed'][k],), teacher,
            dict(source=mixing['in_source_image'][k], target=mixing['in_target_image'][k]))
        weight = objective(step)['weight']
        assert np.array_equal(step.images('mixed'), mixing['out_mixed_image'][k])
        assert np.array_equal(step.labels('mixed'), mixing['out_mixed_label'][k])
        assert_close(weight, mixing['in_target_weight'][k], 1e-6, 'weight')
