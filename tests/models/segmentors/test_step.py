"""The forward passes of one iteration."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mmuda.models.decode_heads import MultiOutputHead
from mmuda.models.segmentors import Step


class Head(MultiOutputHead, nn.Conv2d):
    """A classifier of cells of 2 x 2 pixels, and the depth of the whole image."""

    align_corners = True

    def __init__(self) -> None:
        super().__init__(3, 2, 1, stride=2)

    def forward(self, features: list[torch.Tensor]) -> dict[str, torch.Tensor]:
        return dict(main=super().forward(features[0]), depth=features[0].mean(dim=(1, 2, 3)))


class Student(nn.Module):
    """One BatchNorm and one convolution as head."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.decode_head = Head()
        self.passes = 0

    def extract_feat(self, images: torch.Tensor) -> torch.Tensor:
        self.passes += 1
        return [self.norm(images)]


def make_step(with_teacher: bool = False, **options) -> SimpleNamespace:
    student, teacher = Student().train(), Student().train() if with_teacher else None
    inputs = dict(source=torch.randn(2, 3, 8, 8) + 5, target=torch.randn(2, 3, 8, 8) - 5)
    samples = {view: [SegDataSample(), SegDataSample()] for view in inputs}
    step = Step(student, inputs, samples, 0, teacher=teacher, **options)
    return SimpleNamespace(student=student, teacher=teacher, step=step)


def test_a_view_passes_once():
    case = make_step()
    assert case.step.logits('source') is case.step.logits('source')
    assert case.student.passes == 1


def test_logits_have_the_size_of_the_images():
    assert make_step().step.logits('source')['main'].shape == (2, 2, 8, 8)


def test_unresized_logits_have_the_size_that_the_head_gives():
    assert make_step().step.unresized_logits('source')['main'].shape == (2, 2, 4, 4)


def test_both_sizes_share_a_pass():
    case = make_step()
    assert not case.step.has_passed('source')
    case.step.unresized_logits('source')
    case.step.logits('source')
    assert case.student.passes == 1 and case.step.has_passed('source')


def test_logits_are_the_resized_ones():
    step = make_step().step
    corners = step.logits('source')['main'][:, :, ::7, ::7]
    torch.testing.assert_close(corners, step.unresized_logits('source')['main'][:, :, ::3, ::3])


def test_outputs_are_all_that_the_head_gives():
    outputs = make_step().step.outputs('source')
    assert {name: value.shape for name, value in outputs.items()} == dict(main=(2, 2, 4, 4), depth=(2,))


def test_logits_are_those_of_the_classifiers_alone():
    step = make_step(with_teacher=True).step
    assert step.classifiers == ('main',)
    for logits in (step.logits('source'), step.unresized_logits('source'), step.teacher_logits('source')):
        assert set(logits) == {'main'}


def test_features_and_outputs_share_a_pass():
    case = make_step()
    torch.testing.assert_close(
        case.step.outputs('source')['depth'], case.step.features('source')[0].mean(dim=(1, 2, 3))
    )
    assert case.step.features('source') is case.step.features('source') and case.student.passes == 1


def test_features_alone_move_the_statistics_once():
    case = make_step(statistics_views=('source',))
    case.step.features('target')
    assert not case.student.norm.running_mean.any()
    case.step.features('source')
    case.step.outputs('source')
    assert int(case.student.norm.num_batches_tracked) == 2 and case.step.has_passed('source')


def test_every_view_moves_the_running_statistics_by_default():
    case = make_step()
    case.step.logits('source')
    assert (case.student.norm.running_mean > 0.3).all()


def test_running_statistics_of_chosen_views_only():
    case = make_step(statistics_views=('target',))
    case.step.logits('source')
    assert torch.equal(case.student.norm.running_mean, torch.zeros(3))
    case.step.logits('target')
    assert (case.student.norm.running_mean < -0.3).all()
    assert case.student.norm.momentum == 0.1


def test_other_views_are_normalized_by_their_own_batch_all_the_same():
    torch.manual_seed(0)
    chosen = make_step(statistics_views=('target',))
    torch.manual_seed(0)
    every = make_step()
    assert torch.equal(chosen.step.logits('source')['main'], every.step.logits('source')['main'])


def test_unknown_view():
    with pytest.raises(KeyError, match="no view 'mixed' in the batch"):
        make_step().step.logits('mixed')


def test_labels_of_an_unlabeled_view():
    with pytest.raises(KeyError, match="view 'target' has no labels"):
        make_step().step.labels('target')


def test_planes_of_a_view_are_stacked():
    step = make_step().step
    depth = torch.rand(2, 1, 8, 8)
    for sample, values in zip(step.data_samples['source'], depth):
        sample.set_data(dict(depth=PixelData(data=values)))
    assert torch.equal(step.planes('source', 'depth'), depth)


def test_plane_that_is_missing_is_named_with_those_there_are():
    step = make_step().step
    with pytest.raises(KeyError, match=r"view 'target' has no plane 'depth', it has \[\]"):
        step.planes('target', 'depth')
    step.add_view('mixed', torch.zeros(1, 3, 8, 8), planes=dict(weight=torch.ones(1, 1, 8, 8)))
    with pytest.raises(KeyError, match=r"no plane 'depth', it has \['weight'\]"):
        step.planes('mixed', 'depth')


def test_teacher_passes_a_view_once_at_the_size_of_the_images_without_gradient():
    case = make_step(with_teacher=True)
    logits = case.step.teacher_logits('target')
    assert case.step.teacher_logits('target') is logits and case.teacher.passes == 1
    assert logits['main'].shape == (2, 2, 8, 8) and not logits['main'].requires_grad


def test_teachers_features_and_outputs_share_its_pass_without_gradient():
    case = make_step(with_teacher=True)
    features, outputs = case.step.teacher_features('target'), case.step.teacher_outputs('target')
    case.step.teacher_logits('target')
    assert case.teacher.passes == 1 and set(outputs) == {'main', 'depth'}
    assert not any(value.requires_grad for value in (*features, *outputs.values()))


def test_teachers_pass_is_not_one_of_the_student():
    case = make_step(with_teacher=True)
    case.step.teacher_logits('target')
    assert case.student.passes == 0 and not case.step.has_passed('target')
    assert torch.equal(case.student.norm.running_mean, torch.zeros(3))
    assert case.teacher.norm.running_mean.any()


def test_teachers_logits_are_those_of_the_teacher():
    case = make_step(with_teacher=True)
    step = Step(case.teacher, case.step.inputs, case.step.data_samples, 0)
    assert torch.equal(case.step.teacher_logits('target')['main'], step.logits('target')['main'])


def test_what_heads_give_is_float32_under_autocast():
    case = make_step(with_teacher=True)
    case.student.norm, case.teacher.norm = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)  # which is of half precision then
    with torch.autocast('cpu', torch.bfloat16):
        (features,) = case.step.features('target')
        outputs = [case.step.outputs('target'), case.step.teacher_outputs('target')]
        logits = [case.step.logits('target'), case.step.teacher_logits('target')]
    assert features.dtype == torch.bfloat16
    assert {value.dtype for given in (*outputs, *logits) for value in given.values()} == {torch.float32}


def test_outputs_of_double_precision_stay():
    case = make_step()
    case.student.double()
    case.step.inputs = {view: images.double() for view, images in case.step.inputs.items()}
    assert case.step.logits('target')['main'].dtype == torch.float64


def test_teacher_that_nobody_set():
    with pytest.raises(RuntimeError, match='needs a teacher and there is none: set default_hooks.teacher'):
        make_step().step.teacher_logits('target')


def test_added_view_is_used_as_a_loaded_one():
    case = make_step(with_teacher=True)
    labels = torch.full((1, 8, 8), 255, dtype=torch.uint8)
    case.step.add_view('mixed', torch.zeros(1, 3, 8, 8), labels)
    assert torch.equal(case.step.labels('mixed'), labels.long()) and case.step.labels('mixed').dtype == torch.int64
    for logits in (case.step.logits('mixed'), case.step.teacher_logits('mixed')):
        assert logits['main'].shape == (1, 2, 8, 8)


def test_added_view_brings_planes():
    step = make_step().step
    weight = torch.rand(1, 1, 8, 8)
    step.add_view('mixed', torch.zeros(1, 3, 8, 8), planes=dict(weight=weight))
    assert step.planes('mixed', 'weight') is weight


def test_planes_that_do_not_fit_the_images():
    with pytest.raises(ValueError, match=r"the plane 'weight' \(1, 1, 8, 9\), expected \(1, C, 8, 8\)"):
        make_step().step.add_view('mixed', torch.zeros(1, 3, 8, 8), planes=dict(weight=torch.zeros(1, 1, 8, 9)))


def test_added_view_is_not_in_the_batch():
    case, images = make_step(), dict(source=torch.zeros(1, 3, 8, 8))
    step = Step(case.student, images, {}, 0)
    step.add_view('mixed', torch.zeros(1, 3, 8, 8))
    assert list(images) == ['source']


def test_statistics_of_an_added_view():
    for views, moves in ((('mixed',), True), (('target',), False), (None, True)):
        case = make_step(statistics_views=views)
        case.step.add_view('mixed', torch.ones(1, 3, 8, 8))
        case.step.logits('mixed')
        assert bool(case.student.norm.running_mean.any()) == moves


def test_added_view_without_labels():
    step = make_step().step
    step.add_view('masked', torch.zeros(1, 3, 8, 8))
    with pytest.raises(KeyError, match="view 'masked' has no labels"):
        step.labels('masked')


def test_name_of_a_view_is_taken():
    with pytest.raises(ValueError, match="already a view 'target'"):
        make_step().step.add_view('target', torch.zeros(1, 3, 8, 8))


def test_labels_that_do_not_fit_the_images():
    with pytest.raises(ValueError, match=r"view 'mixed'.*labels \(1, 8, 9\), expected \(1, 8, 8\)"):
        make_step().step.add_view('mixed', torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 9))


def test_normalization_that_is_not_known():
    with pytest.raises(RuntimeError, match="model.data_preprocessor: set its type='UDADataPreprocessor'"):
        _ = make_step().step.normalization
