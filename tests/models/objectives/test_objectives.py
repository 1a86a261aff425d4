"""What an objective takes from a step, and what it returns."""

import pytest
import torch
from mmseg.registry import TASK_UTILS
from torch import nn

from mmuda.models.discriminator_maps import DiscriminatorMaps
from mmuda.models.discriminators import MultiScaleDiscriminator
from mmuda.models.objectives import (
    AdversarialAlignment,
    BatchNormUpdate,
    EntropyMinimization,
    MemoryRegularization,
    RectifiedSupervision,
    Supervision,
)
from tests.helpers.students import CLASSES, SIZE, Student, make_step


@pytest.mark.parametrize('iteration, acts', [(1, False), (2, True), (4, True), (5, False)])
def test_objective_acts_from_begin_until_before_end(iteration, acts):
    objective = MemoryRegularization(begin=2, end=5)
    assert bool(objective(make_step(iteration=iteration))) == acts


def test_name_that_would_add_reported_numbers_to_the_loss_is_refused():
    with pytest.raises(ValueError, match="objective 'my_loss': choose a name without 'loss'"):
        MemoryRegularization(name='my_loss')


def test_objective_that_never_acts_is_refused():
    with pytest.raises(ValueError, match="'memory' never acts: begin=3, end=3"):
        MemoryRegularization(begin=3, end=3)


@pytest.mark.parametrize(
    'objective',
    [Supervision('target'), RectifiedSupervision(view='target')],
    ids=lambda objective: type(objective).__name__,
)
def test_labels_of_an_unlabeled_view_are_refused(objective):
    with pytest.raises(KeyError, match="view 'target' has no labels"):
        objective(make_step())


def test_unknown_view_is_named_with_the_views_there_are():
    with pytest.raises(KeyError, match="no view 'mixed'.*'source', 'target'"):
        EntropyMinimization(weight=1.0, view='mixed')(make_step())


@pytest.mark.parametrize(
    'objective',
    [EntropyMinimization(weight=1.0), MemoryRegularization(), RectifiedSupervision(view='source')],
    ids=lambda objective: type(objective).__name__,
)
def test_two_classifiers_are_needed(objective):
    with pytest.raises(ValueError, match='compares two classifiers, the student has.*main'):
        objective(make_step(Student(two=False)))


def test_objectives_share_a_forward_pass():
    step = make_step()
    losses = {**MemoryRegularization()(step), **EntropyMinimization(weight=1.0)(step)}
    assert losses and step.student.passes == 1


def test_supervision_weighs_the_classifiers():
    losses = Supervision('source')(make_step())
    plain = Supervision('source', weights=dict(aux=1.0, main=1.0))(make_step())
    torch.testing.assert_close(losses, dict(loss_aux=0.5 * plain['loss_aux'], loss_main=plain['loss_main']))


def test_supervision_of_one_classifier_by_cross_entropy():
    step = make_step(Student(two=False))
    losses = Supervision('source')(step)
    torch.testing.assert_close(
        losses, dict(loss_main=nn.functional.cross_entropy(step.logits('source')['main'], step.labels('source')))
    )


def test_supervision_refuses_weights_of_classifiers_that_are_not_there():
    with pytest.raises(ValueError, match=r"weights are for \['aux', 'main'\].*\['main'\]"):
        Supervision('source', weights=dict(aux=1.0, main=1.0))(make_step(Student(two=False)))


def entropy(step) -> float:
    logits = step.logits('target')
    probabilities = (0.5 * logits['aux'] + logits['main']).softmax(1)
    return float(-(probabilities * probabilities.log()).sum(1).mean())


def test_entropy_minimization_makes_target_predictions_more_confident():
    step = make_step()
    EntropyMinimization(weight=1.0)(step)['loss'].backward()
    with torch.no_grad():
        for parameter in step.student.parameters():
            parameter -= 0.1 * parameter.grad
    assert entropy(make_step(step.student)) < entropy(step)


def test_entropy_weight_is_a_factor():
    once, twice = (EntropyMinimization(weight=weight)(make_step())['loss'] for weight in (1.0, 2.0))
    torch.testing.assert_close(twice, 2 * once)


def running_mean(step) -> torch.Tensor:
    return step.student.backbone[1].running_mean.clone()


def test_batch_norm_update_moves_the_statistics_once():
    step = make_step()
    norm = step.student.backbone[1]
    batch_mean = step.student.backbone[0](step.images('target')).mean(dim=(0, 2, 3))
    assert BatchNormUpdate()(step) == {}
    torch.testing.assert_close(norm.running_mean, norm.momentum * batch_mean)
    assert int(norm.num_batches_tracked) == 1


def test_batch_norm_update_leaves_out_what_another_objective_passed():
    step = make_step()
    MemoryRegularization()(step)
    before = running_mean(step)
    BatchNormUpdate()(step)
    assert torch.equal(running_mean(step), before) and step.student.passes == 1


def alignment() -> AdversarialAlignment:
    objective = AdversarialAlignment(weights=dict(aux=1.0, main=2.0))
    torch.manual_seed(0)
    objective.set_discriminators({name: MultiScaleDiscriminator(CLASSES, base_channels=4) for name in ('aux', 'main')})
    return objective


def test_alignment_without_discriminators_names_the_hook():
    with pytest.raises(RuntimeError, match="'adversarial' has no discriminators.*DiscriminatorHook"):
        AdversarialAlignment()(make_step())


def test_discriminators_are_not_part_of_the_model():
    assert not list(alignment().parameters()) and not alignment().state_dict()


def test_alignment_keeps_detached_probabilities_and_hands_them_out_once():
    objective, step = alignment(), make_step()
    objective(step)
    maps = objective.pop_maps()
    logits = step.logits('source')
    real = (0.5 * logits['aux'] + logits['main']).softmax(1)
    torch.testing.assert_close(maps, {name: (real, fake.softmax(1)) for name, fake in step.logits('target').items()})
    assert not any(probabilities.requires_grad for pair in maps.values() for probabilities in pair)
    assert objective.pop_maps() == {}


def test_generator_loss_reaches_the_student_through_the_target_alone():
    objective, step = alignment(), make_step()
    source, target = step.logits('source'), step.logits('target')
    for logits in (*source.values(), *target.values()):
        logits.retain_grad()
    sum(objective(step).values()).backward()
    assert all(value.grad.any() for value in target.values())
    assert all(value.grad is None for value in source.values())


def test_alignment_of_classifiers_that_are_not_there_is_refused():
    with pytest.raises(ValueError, match=r"weights are for \['aux', 'main'\].*\['main'\]"):
        alignment()(make_step(Student(two=False)))


@TASK_UTILS.register_module()
class ProbabilitiesTimesDepth(DiscriminatorMaps):
    """One map of two outputs, at the size of the head."""

    def names(self, classifiers):
        return ('joint',)

    def channels(self, num_classes):
        return num_classes

    def real(self, step, view, names):
        return self.fake(step, view, names)

    def fake(self, step, view, names):
        outputs = step.outputs(view)
        return dict(joint=outputs['main'].softmax(1) * outputs['depth'][:, None])


def test_discriminators_see_a_map_of_several_outputs():
    objective = AdversarialAlignment(weights=dict(joint=1.0), maps=dict(type='ProbabilitiesTimesDepth'))
    objective.set_discriminators(dict(joint=MultiScaleDiscriminator(objective.maps.channels(CLASSES), base_channels=4)))
    step = make_step()
    objective(step)['loss_joint'].backward()
    assert objective.pop_maps()['joint'][1].shape == (2, CLASSES, *SIZE)
    assert step.student.decode_head.layers['main'].weight.grad.any()


def test_weights_of_maps_that_are_not_there_are_refused():
    objective = AdversarialAlignment(maps=dict(type='ProbabilitiesTimesDepth'))
    with pytest.raises(ValueError, match=r"ProbabilitiesTimesDepth of the student has \['joint'\]"):
        objective.check_classifiers(('aux', 'main'))


def test_logits_have_the_size_of_the_images():
    assert make_step().logits('target')['aux'].shape == (2, CLASSES, *SIZE)
