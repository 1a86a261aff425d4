"""The losses of DACS against the authors' implementation (cases of golden/dacs)."""

import numpy as np

from mmuda.models.losses import PixelCrossEntropyLoss, PixelWeightedCrossEntropyLoss, ProbabilityMSELoss
from mmuda.models.objectives import ClassMixSupervision, Supervision
from mmuda.models.segmentors import Step
from tests.helpers.dacs_steps import given_step, tensor
from tests.helpers.golden import Case, assert_close, each_case, each_variant, load_case

LOSSES = dict(
    source=lambda case: (
        PixelCrossEntropyLoss(ignore_index=int(case['param_ignore_index'])),
        [case['in_labels']],
    ),
    mixed=lambda case: (
        PixelWeightedCrossEntropyLoss(ignore_index=int(case['param_ignore_index'])),
        [case['in_labels'], case['in_weight']],
    ),
    mse=lambda case: (ProbabilityMSELoss(), [case['in_teacher_prob']]),
)


@each_variant('dacs', 'losses*', 'out_loss_')
def test_loss_and_gradient(case, suffix):
    loss, arguments = LOSSES[suffix](case)
    logits = tensor(case['in_logits'], grad=True)
    value = loss(logits, *map(tensor, arguments))
    value.backward()
    assert_close(value.detach(), case[f'out_loss_{suffix}'], 1e-5, 'loss')
    assert_close(logits.grad, case[f'out_grad_{suffix}_logits'], 1e-5, 'gradient')


def paired(case: Case, kind: str) -> Case:
    """The case of another kind with the same inputs: of the same name but for the kind."""
    return load_case(case.family, case.name.replace('iteration_losses', kind))


def steps(case: Case, student: str) -> list[Step]:
    """The iterations of a case, in which the student gives the logits of that name."""
    rows = zip(case['in_source_label'], case[f'in_student_logits_{student}'], case['in_teacher_logits'], strict=True)
    assert case['in_source_label'].shape[2:] == tuple(case['param_size'])
    return [given_step(labels, (logits,), teacher) for labels, logits, teacher in rows]


@each_case('dacs', 'iteration_losses*')
def test_source_loss_of_an_iteration(case):
    objective = Supervision('source')
    got = [float(objective(step)['loss_main']) for step in steps(case, 'source')]
    assert_close(got, case['out_loss_source'], 1e-5, 'source loss')


VARIANTS = {
    '': dict(weighting='ConfidentShare'),
    '_per_pixel': dict(weighting='ConfidentPixels'),
    '_unweighted': dict(weighting='EqualWeight'),
    '_mse': dict(weighting='ConfidentShare', loss=dict(type='ProbabilityMSELoss')),
}


@each_variant('dacs', 'iteration_losses*', 'out_loss_mixed')
def test_mixed_loss_of_an_iteration(case, suffix):
    np.random.seed(int(paired(case, 'classmix')['param_numpy_seed']))
    options = dict(VARIANTS[suffix], weighting=dict(type=VARIANTS[suffix]['weighting']))
    if suffix != '_unweighted':
        options['weighting']['threshold'] = float(paired(case, 'pseudo_weight')['param_threshold'])
    objective = ClassMixSupervision(draw=dict(type='NumpyClassDraw'), **options)
    got = [float(objective(step)['loss_main']) for step in steps(case, 'mixed')]
    assert_close(got, case[f'out_loss_mixed{suffix}'], 1e-5, 'mixed loss')


@each_case('dacs', 'iteration_losses*')
def test_mixed_view_and_weight_of_an_iteration(case):
    mixing = paired(case, 'classmix')
    np.random.seed(int(mixing['param_numpy_seed']))
    objective = ClassMixSupervision(draw=dict(type='NumpyClassDraw'))
    for k, teacher in enumerate(case['in_teacher_logits']):
        step = given_step(
            mixing['in_source_label'][k],
            (case['in_student_logits_mixed'][k],),
            teacher,
            dict(source=mixing['in_source_image'][k], target=mixing['in_target_image'][k]),
        )
        weight = objective(step)['weight']
        assert np.array_equal(step.images('mixed'), mixing['out_mixed_image'][k])
        assert np.array_equal(step.labels('mixed'), mixing['out_mixed_label'][k])
        assert_close(weight, mixing['in_target_weight'][k], 1e-6, 'weight')
