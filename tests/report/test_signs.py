"""Which alarms a run raises."""

import numpy as np
import pytest

from mmuda.report.pictures import Pictures
from mmuda.report.run import read_runs
from mmuda.report.signs import Agreement, alarms_of, label_agreements, picture_agreements, scalar_agreements
from tests.helpers.work_dirs import CLASSES, label, write_round, write_work_dir

FINE = label(0.3, 0.2, 0.1)


def kinds(tmp_path, *labels, pictures=None, **work_dir):
    write_work_dir(tmp_path / 'run', **work_dir)
    for index, one in enumerate(labels):
        write_round(tmp_path / 'run', index, [one])
    (run,) = read_runs([tmp_path / 'run'])
    return [alarm.kind for alarm in alarms_of(run, label_agreements(run), pictures)]


def pictures(predicted, teacher_agrees=()):
    images = {'0.png': {}}
    return Pictures('target', CLASSES, [], images, np.array(predicted), np.zeros(256), [0.8], list(teacher_agrees))


@pytest.mark.parametrize(
    'labels, wanted',
    [
        ([FINE, label(0.3, 0.3, 0.1)], []),
        ([FINE, FINE], ['labels that no longer change']),
        ([FINE, FINE, label(0.3, 0.3, 0.1)], []),
        ([FINE, label(0.3, 0.3, 0.0)], ['vanished class']),
        ([FINE, label(0.3, 0.3, 0.0), label(0.4, 0.3, 0.0)], ['vanished class']),
        ([FINE, label(0.3, 0.3, 0.0), label(0.4, 0.3, 0.1)], []),
        ([label(0.6, 0.02, 0.02)], ['class collapse']),
        ([label(0.0)], ['coverage at 0']),
        ([label(0.5, 0.3, 0.2)], ['coverage at 1']),
    ],
)
def test_labels_of_rounds_raise_alarms_by_what_they_are_now(tmp_path, labels, wanted):
    assert kinds(tmp_path, *labels) == wanted


@pytest.mark.parametrize(
    'weights, wanted',
    [((0.5, 0.0), ['coverage at 0']), ((0.0, 0.5), []), ((0.5, 1.0), ['coverage at 1']), ((1.0, 1.0), [])],
)
def test_so_does_the_weight_of_the_target_in_a_loss_unless_it_is_1_on_purpose(tmp_path, weights, wanted):
    scalars = [{'classmix.weight': weight, 'step': step} for step, weight in enumerate(weights)]
    assert kinds(tmp_path, scalars=scalars) == wanted


@pytest.mark.parametrize('share, wanted', [(0.3, ['teacher and student apart']), (0.9, [])])
def test_so_does_the_agreement_with_the_teacher_that_was_logged(tmp_path, share, wanted):
    other = {'label_free/classifier_agreement': 0.1}
    assert kinds(tmp_path, scalars=[{'label_free/teacher_agreement': share, **other, 'step': 1}]) == wanted


def test_agreements_that_were_logged_are_named_with_their_iteration(tmp_path):
    scalars = [{'label_free/view_agreement': value, 'label_free/view_iou': 0.5, 'step': value * 10} for value in (1, 2)]
    write_work_dir(tmp_path / 'run', scalars)
    assert scalar_agreements(*read_runs([tmp_path / 'run'])) == [Agreement('label_free/view_agreement at 20', 2)]


def test_so_does_a_class_whose_iou_falls_to_nothing(tmp_path):
    evaluations = [dict(road=50.0, sky=20.0, car='nan'), dict(road=60.0, sky=0.2, car='nan')]
    assert kinds(tmp_path, evaluations=evaluations) == ['vanished class']
    assert kinds(tmp_path / 'other', evaluations=evaluations[::-1]) == []


def test_so_do_predictions(tmp_path):
    assert kinds(tmp_path / 'a', pictures=pictures([99, 1, 0])) == ['class collapse']
    assert kinds(tmp_path / 'b', pictures=pictures([50, 40, 10], [0.2, 0.4])) == ['teacher and student apart']
    assert kinds(tmp_path / 'c', pictures=pictures([50, 40, 10], [0.9])) == []


def test_each_generation_is_compared_with_the_one_before(tmp_path):
    write_work_dir(tmp_path / 'run')
    for index, one in enumerate([FINE, FINE, label(0.6)]):
        write_round(tmp_path / 'run', index, [one])
    (run,) = read_runs([tmp_path / 'run'])
    assert label_agreements(run) == [
        Agreement('round 0 and round 1', 1.0, 1.0),
        Agreement('round 1 and round 2', 0.5, 0.7),
    ]


def test_what_cannot_be_compared_is_noted(tmp_path):
    write_work_dir(tmp_path / 'run')
    write_round(tmp_path / 'run', 0, [FINE])
    write_round(tmp_path / 'run', 1, [label(0.3, size=(10, 10))])
    (run,) = read_runs([tmp_path / 'run'])
    assert label_agreements(run) == []
    assert run.notes[0].startswith('round 0 and round 1 are not compared: labels of 0.png')


def test_predictions_are_compared_as_far_as_there_are_two():
    assert [one.what for one in picture_agreements(pictures([1, 1, 1]))] == ['two classifiers, 1 images of target']
    assert picture_agreements(pictures([1, 1, 1], [0.5, 0.7]))[1].same == pytest.approx(0.6)
