import json

import numpy as np
import pytest
import torch
from mmseg.registry import TASK_UTILS

from mmuda.pseudo_labels import (
    ChannelWiseLabeler,
    Labeler,
    MajorityLabeler,
    MeanCertaintyLabeler,
    TeacherPredictions,
)
from tests.helpers.two_ranks import WORLD_SIZE, run_on_two_ranks

X = 255


def predictions(seed: int = 0, num_teachers: int = 2, num_classes: int = 3) -> TeacherPredictions:
    generator = torch.Generator().manual_seed(seed)
    return TeacherPredictions.from_probabilities(
        torch.randn(num_teachers, num_classes, 5, 6, generator=generator).mul(3).softmax(1).unbind()
    )


def fitted(labeler: ChannelWiseLabeler, images: list[TeacherPredictions], num_classes: int = 3) -> ChannelWiseLabeler:
    labeler.begin(num_classes)
    for _ in range(labeler.num_passes):
        for image in images:
            labeler.observe(image)
        labeler.end_pass()
    return labeler


def same_labels(labeler: Labeler, other: Labeler) -> bool:
    got, want = labeler(predictions()), other(predictions())
    return torch.equal(got.label, want.label) and torch.equal(got.confidence, want.confidence)


@pytest.mark.parametrize(
    'config',
    [
        dict(type='MajorityLabeler'),
        dict(type='MeanCertaintyLabeler', threshold=50),
        dict(type='ChannelWiseLabeler', teacher_of_class=[0, 1, 1], threshold=50),
    ],
)
def test_labels_and_confidences_from_a_config(config):
    planes = TASK_UTILS.build(config)(predictions())
    labels, confidence = planes.label, planes.confidence
    assert labels.dtype == torch.uint8 and labels.shape == confidence.shape == (5, 6)
    assert confidence.dtype == torch.float32 and 0 <= confidence.min() and confidence.max() <= 1
    kept = labels != X
    assert kept.any() and labels[kept].max() < 3


def test_confidence_of_a_majority_is_its_share():
    image = TeacherPredictions(torch.tensor([1, 1, 0]).byte().view(3, 1, 1), torch.zeros(3, 2, 1, 1).byte())
    assert MajorityLabeler()(image).confidence.item() == pytest.approx(2 / 3)


@pytest.mark.parametrize('labeler', [MeanCertaintyLabeler, ChannelWiseLabeler])
@pytest.mark.parametrize(
    'threshold, message',
    [
        (101, r'threshold = 101, expected percent in 0\.\.100'),
        (0.9, r'threshold = 0\.9 is in percent, did you mean 90\?'),
    ],
)
def test_thresholds_on_another_scale_are_refused(labeler, threshold, message):
    with pytest.raises(ValueError, match=f'{labeler.__name__}: {message}'):
        labeler(threshold=threshold)


def test_mean_is_over_the_teachers_that_know_the_class():
    certainties = torch.tensor([[0, 100], [0, 100], [0, 100], [34, 0]]).byte()[..., None, None]
    known = torch.tensor([[True, True]] * 3 + [[True, False]])
    image = TeacherPredictions(torch.tensor([1, 1, 1, 0]).byte().view(4, 1, 1), certainties, known=known)
    planes = MeanCertaintyLabeler(90)(image)
    labels, confidence = planes.label, planes.confidence
    assert (labels.item(), confidence.item()) == (1, 1)


def test_certainties_of_one_teacher_a_class_are_not_enough_for_means():
    image = predictions()
    with pytest.raises(ValueError, match='reads the certainties of all teachers'):
        MeanCertaintyLabeler()(TeacherPredictions(image.labels, image.certainties[0], (0, 0, 0)))


class TestChannelWise:
    def test_a_table_needs_no_pass(self):
        assert ChannelWiseLabeler([0, 1, 1]).num_passes == 0 and ChannelWiseLabeler().num_passes == 1

    def test_teachers_of_classes_are_the_most_certain_teachers(self):
        labels = torch.tensor([[0, 0, 1, 1], [0, 1, 1, 2]]).byte().unsqueeze(1)
        certainties = torch.zeros(2, 4, 1, 4).byte()
        certainties[0, 0], certainties[1, 0] = 80, 70
        certainties[:, 1] = 60
        labeler = fitted(ChannelWiseLabeler(), [TeacherPredictions(labels, certainties)], num_classes=4)
        assert labeler.teacher_of_class == (0, 1, 1, 0)  # equal ones: the later; a class of nobody: the first

    def test_teachers_of_classes_are_found_from_certainties_in_whole_percent(self):
        generator = np.random.default_rng(0)
        logits = 4 * generator.standard_normal((3, 2, 4, 5, 6)).astype(np.float32)  # images, teachers, classes
        images = torch.from_numpy(logits).softmax(2)
        percent, labels = np.floor(100 * images.numpy()).max(2), images.numpy().argmax(2)
        means = np.array([[percent[:, t][labels[:, t] == c].mean(dtype=float) for c in range(4)] for t in range(2)])
        labeler = fitted(
            ChannelWiseLabeler(), [TeacherPredictions.from_probabilities(list(image)) for image in images], 4
        )
        assert labeler.teacher_of_class == tuple(means.argmax(0))
        assert len(set(labeler.teacher_of_class)) == 2
        np.testing.assert_allclose(labeler.summary()['mean_certainties'], means, rtol=1e-12)

    def test_less_than_a_percent_decides_only_by_the_bytes(self):
        first, second = torch.full((4,), 0.999), torch.tensor([1.0, 0.99, 1.0, 0.99])  # 99 % each; 99.5 % on average
        image = TeacherPredictions.from_probabilities([torch.stack([p, 1 - p]).view(2, 1, 4) for p in (first, second)])
        assert fitted(ChannelWiseLabeler(), [image], num_classes=2).teacher_of_class[0] == 1

    def test_summary(self):
        labels = torch.tensor([[0, 0], [0, 1]]).byte().unsqueeze(1)
        certainties = torch.tensor([[[80, 90], [20, 10]], [[55, 0], [45, 100]]]).byte().unsqueeze(2)
        summary = fitted(ChannelWiseLabeler(), [TeacherPredictions(labels, certainties)], num_classes=2).summary()
        assert summary == dict(
            teacher_of_class=[0, 1], mean_certainties=[[85.0, None], [55.0, 100.0]], predicted_pixels=[[2, 0], [1, 1]]
        )

    def test_summary_replaces_the_pass(self):
        labeler = fitted(ChannelWiseLabeler(threshold=50), [predictions(1), predictions(2)])
        resumed = ChannelWiseLabeler(threshold=50)
        summary = json.loads(json.dumps(labeler.summary(), allow_nan=False))
        resumed.load_summary(summary)
        assert same_labels(labeler, resumed) and resumed.summary() == summary

    def test_labels_are_those_of_the_teachers_that_were_found(self):
        sure, unsure = torch.tensor([[90, 10], [60, 40]]).byte().view(2, 2, 1, 1).expand(2, 2, 1, 3)
        labels = torch.tensor([[0, 0, 1], [0, 1, 1]]).byte().unsqueeze(1)
        certainties = torch.stack([sure, unsure])
        certainties[1, :, 0, 1] = torch.tensor([30, 70]).byte()
        labeler = fitted(ChannelWiseLabeler(threshold=65, window=1), [TeacherPredictions(labels, certainties)], 2)
        assert labeler.teacher_of_class == (0, 1)  # means of class 0: 90 and 60, of class 1: 10 and 55
        planes = labeler(TeacherPredictions(labels, certainties))
        got, confidence = planes.label, planes.confidence
        # pixel 1 is claimed twice: the lower class wins in its window of one pixel
        assert got.tolist() == [[0, 0, X]]
        torch.testing.assert_close(confidence, torch.tensor([[0.9, 0.9, 0.4]]))

    def test_a_new_pass_forgets_the_old_teachers(self):
        labeler = fitted(ChannelWiseLabeler(), [predictions()])
        labeler.begin(3)
        assert labeler.teacher_of_class is None

    def test_labels_before_the_pass_are_refused(self):
        with pytest.raises(RuntimeError, match='has not read the images yet'):
            ChannelWiseLabeler()(predictions())

    def test_a_pass_without_images_is_refused(self):
        with pytest.raises(RuntimeError, match='has not read the images yet'):
            fitted(ChannelWiseLabeler(), [])

    def test_a_table_is_read_with_names(self):
        labeler = ChannelWiseLabeler({'road': 'cbst', 'sky': 0, 'car': 'cbst'}, threshold=50)
        labeler.resolve(['road', 'sky', 'car'], ['dacs', 'cbst'])
        assert labeler.teacher_of_class == (1, 0, 1)
        assert same_labels(labeler, ChannelWiseLabeler([1, 0, 1], threshold=50))

    def test_a_table_with_an_unknown_teacher_is_refused_before_labeling(self):
        with pytest.raises(ValueError, match=r'gives car to the unknown teacher 2, expected 0\.\.1 \(dacs, cbst\)'):
            ChannelWiseLabeler([0, 1, 2]).resolve(['road', 'sky', 'car'], ['dacs', 'cbst'])

    def test_certainties_of_other_teachers_are_refused(self):
        image = TeacherPredictions(predictions().labels, predictions().certainties[0], (0, 0, 0))
        with pytest.raises(
            ValueError, match=r'those of the teachers \[0, 0, 0\], but labels are made with \[0, 1, 0\]'
        ):
            ChannelWiseLabeler([0, 1, 0])(image)

    def test_even_windows_are_refused(self):
        with pytest.raises(ValueError, match='odd positive'):
            ChannelWiseLabeler(window=4)


def found_on(rank: int, seeds: list[int], world_size: int = WORLD_SIZE) -> dict:
    images = [predictions(seed) for seed in seeds[rank::world_size]]
    return fitted(ChannelWiseLabeler(), images).summary()


def found_on_lists(rank: int, lists: list[list[int]]) -> list[dict]:
    return [found_on(rank, seeds) for seeds in lists]


def test_ranks_find_the_same_as_one_process_even_without_images():
    lists = [[1, 2, 3], [1]]
    alone = [found_on(0, seeds, world_size=1) for seeds in lists]
    assert run_on_two_ranks(found_on_lists, lists) == [alone, alone]
