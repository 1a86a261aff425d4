import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.registry import MODELS, TASK_UTILS
from mmseg.structures import SegDataSample
from torch import nn

from mmuda.models.augmentation import Normalization
from mmuda.models.decode_heads import DualClassifierHead
from mmuda.models.mixing import ClassDraw
from mmuda.models.objectives import ClassMixSupervision
from mmuda.models.objectives.class_mix_supervision import teacher_probabilities
from mmuda.models.segmentors import Step
from tests.helpers.host_reads import HostReads
from tests.helpers.students import CLASSES, SIZE, Student, make_step

AUGMENTED = dict(augmentation=dict(type='StrongAugmentation', jitter_probability=1.0, blur_probability=1.0))
NORMALIZATION = Normalization.of([104.0, 117.0, 123.0], [1.0, 1.0, 1.0])
LOSSES = ['PixelWeightedCrossEntropyLoss', 'ProbabilityMSELoss']


def mixed_step(two: bool = False, device: str = 'cpu', source_labels: torch.Tensor | None = None) -> Step:
    """A step with a teacher that is not the student."""
    plain = make_step(Student(two).to(device))
    if source_labels is not None:
        plain.data_samples['source'] = [
            SegDataSample(gt_sem_seg=PixelData(data=label[None])) for label in source_labels
        ]
    teacher = copy.deepcopy(plain.student)
    with torch.no_grad():
        for parameter in teacher.parameters():
            parameter.mul_(3)
    samples = {view: [sample.to(device) for sample in samples] for view, samples in plain.data_samples.items()}
    inputs = {view: images.to(device) for view, images in plain.inputs.items()}
    normalization = Normalization(NORMALIZATION.mean.to(device), NORMALIZATION.std.to(device))
    return Step(plain.student, inputs, samples, 0, teacher=teacher, normalization=normalization)


def test_mixed_view_holds_source_and_target_pixels_with_their_labels():
    step = mixed_step()
    ClassMixSupervision()(step)
    images, labels = step.images('mixed'), step.labels('mixed')
    pasted = (images == step.images('source')).all(1)
    kept = (images == step.images('target')).all(1)
    teacher = step.teacher_logits('target')['main'].argmax(1)
    assert pasted.any() and kept.any() and (pasted ^ kept).all()
    assert torch.equal(labels, step.labels('source').where(pasted, teacher))


def test_whole_classes_are_pasted():
    step = mixed_step()
    ClassMixSupervision()(step)
    pasted = (step.images('mixed') == step.images('source')).all(1)
    for mask, label in zip(pasted, step.labels('source')):
        drawn = set(label[mask].tolist())
        assert len(drawn) == (len(label.unique()) + 1) // 2
        assert not drawn & set(label[~mask].tolist())


def test_loss_is_the_weighted_cross_entropy_over_all_pixels():
    step = mixed_step()
    losses = ClassMixSupervision(weighting=dict(type='ConfidentShare', threshold=0.5, of='image'))(step)
    confident = (step.teacher_logits('target')['main'].softmax(1).amax(1) >= 0.5).float().mean((1, 2), keepdim=True)
    pasted = (step.images('mixed') == step.images('source')).all(1)
    pixel_loss = F.cross_entropy(step.logits('mixed')['main'], step.labels('mixed'), reduction='none')
    torch.testing.assert_close(losses['loss_main'], (pixel_loss * torch.where(pasted, 1.0, confident)).mean())
    torch.testing.assert_close(losses['weight'], confident.mean())


def test_gradient_reaches_the_student_alone():
    step = mixed_step()
    ClassMixSupervision()(step)['loss_main'].backward()
    assert all(parameter.grad is not None for parameter in step.student.decode_head.parameters())
    assert all(parameter.grad is None for parameter in step.teacher.parameters())


def test_the_student_sees_augmented_images_and_plain_labels():
    torch.manual_seed(0)
    plain = mixed_step()
    ClassMixSupervision()(plain)
    torch.manual_seed(0)
    step = mixed_step()
    objective = ClassMixSupervision(**AUGMENTED)
    objective(step)
    assert torch.equal(step.labels('mixed'), plain.labels('mixed'))
    want = objective.augmentation(plain.images('mixed'), NORMALIZATION, objective.augmentation.drawn)
    assert torch.equal(step.images('mixed'), want)
    assert not torch.equal(step.images('mixed'), plain.images('mixed'))


def test_classifiers_are_weighted():
    step = mixed_step(two=True)
    losses = ClassMixSupervision(
        weighting=dict(type='EqualWeight'),
        weights=dict(aux=0.1, main=2.0),
        loss=dict(type='PixelWeightedCrossEntropyLoss', loss_weight=3.0),
    )(step)
    want = {
        f'loss_{name}': 3 * weight * F.cross_entropy(step.logits('mixed')[name], step.labels('mixed'))
        for name, weight in (('aux', 0.1), ('main', 2.0))
    }
    torch.testing.assert_close({key: losses[key] for key in want}, want)


def test_two_classifiers_of_the_teacher_are_fused_by_the_head():
    step = mixed_step(two=True)
    step.student.decode_head.fuse = DualClassifierHead(
        in_channels=(32, 32), channels=32, branch_channels=32, num_classes=CLASSES, aux_weight=0.25
    ).fuse
    logits = step.teacher_logits('target')
    torch.testing.assert_close(
        teacher_probabilities(step, 'target'), (0.25 * logits['aux'] + logits['main']).softmax(1)
    )


@pytest.mark.parametrize('draw', ['DeviceClassDraw', 'NumpyClassDraw'])
@pytest.mark.parametrize('mix_ignored', [True, False])
def test_a_source_label_without_a_class_does_no_harm(draw, mix_ignored):
    step = mixed_step(source_labels=torch.full((2, *SIZE), 255))
    loss = ClassMixSupervision(draw=dict(type=draw, mix_ignored=mix_ignored))(step)['loss_main']
    assert loss.isfinite()
    assert (step.labels('mixed') == 255).all() == mix_ignored


@pytest.mark.parametrize('loss', LOSSES)
@pytest.mark.parametrize(
    'weighting', [dict(type='ConfidentShare'), dict(type='ConfidentShare', of='image'), dict(type='ConfidentPixels')]
)
def test_without_a_confident_pixel_loss_and_gradients_stay_finite(loss, weighting):
    step = mixed_step()
    losses = ClassMixSupervision(weighting=dict(weighting, threshold=1.0), loss=dict(type=loss))(step)
    losses['loss_main'].backward()
    assert losses['weight'] == 0 and losses['loss_main'].isfinite()
    assert all(parameter.grad.isfinite().all() for parameter in step.student.parameters())


def test_mse_compares_with_the_unmixed_teacher():
    step = mixed_step()
    loss = ClassMixSupervision(loss=dict(type='ProbabilityMSELoss'), weighting=dict(type='EqualWeight'))(step)[
        'loss_main'
    ]
    student, teacher = step.logits('mixed')['main'].softmax(1), step.teacher_logits('target')['main'].softmax(1)
    torch.testing.assert_close(loss, (student - teacher).square().mean())


def test_batches_of_different_size_are_refused():
    step = mixed_step()
    step.inputs['target'] = step.inputs['target'][:1]
    with pytest.raises(ValueError, match='source batch is .* target batch .* same batch size'):
        ClassMixSupervision()(step)


def test_two_objectives_make_two_views():
    step = mixed_step()
    ClassMixSupervision()(step)
    ClassMixSupervision(source='mixed', mixed='mixed2', name='again')(step)
    assert step.labels('mixed2').shape == step.labels('mixed').shape


@pytest.mark.parametrize('loss', LOSSES)
def test_margins_of_the_target_without_labels_do_not_count(loss):
    step = mixed_step()
    inside = torch.ones(2, 1, *SIZE)
    inside[:, :, -2:] = 0
    for sample, plane in zip(step.data_samples['target'], inside):
        sample.set_data(dict(valid=PixelData(data=plane)))
    objective = ClassMixSupervision(
        weighting=dict(type='EqualWeight'), target_weights='valid', draw=dict(type='NoDraw'), loss=dict(type=loss)
    )
    losses = objective(step)
    assert torch.equal(step.planes('mixed', 'weight'), inside)
    logits = step.logits('mixed')['main']
    torch.testing.assert_close(losses['weight'], inside.mean())
    (gradient,) = torch.autograd.grad(losses['loss_main'], logits)
    assert not gradient[:, :, -2:].any() and gradient[:, :, :-2].any()


@TASK_UTILS.register_module()
class NoDraw(ClassDraw):
    """Nothing is pasted: a draw that was added."""

    def __call__(self, labels: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(self.present(labels))


def test_it_is_built_from_a_config_and_needs_a_teacher():
    assert MODELS.build(dict(type='ClassMixSupervision', **AUGMENTED)).needs_teacher


def train_step(objective: nn.Module, step: Step) -> None:
    sum(value for key, value in objective(step).items() if 'loss' in key).backward()


@pytest.mark.parametrize('loss', LOSSES)
@pytest.mark.parametrize('published_hsv', [True, False])
def test_a_step_never_waits_for_the_device(loss, published_hsv):
    objective, step = ClassMixSupervision(loss=dict(type=loss), **AUGMENTED), mixed_step(two=True)
    objective.augmentation.published_hsv = published_hsv
    with HostReads() as reads:
        train_step(objective, step)
    assert reads.found == []


def test_the_published_draw_reads_the_labels_once():
    np.random.seed(0)
    objective, step = ClassMixSupervision(draw=dict(type='NumpyClassDraw'), **AUGMENTED), mixed_step()
    with HostReads() as reads:
        train_step(objective, step)
    assert reads.found == ['cpu', 'numpy']


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_a_step_never_waits_for_a_gpu():
    objective = ClassMixSupervision(**AUGMENTED).cuda()
    train_step(objective, mixed_step(two=True, device='cuda'))  # libraries set themselves up at their first use
    step = mixed_step(two=True, device='cuda')
    torch.cuda.set_sync_debug_mode('error')
    try:
        train_step(objective, step)
    finally:
        torch.cuda.set_sync_debug_mode('default')
