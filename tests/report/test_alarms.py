"""Each alarm rings where it is to, says what was found, and has a threshold that can be moved."""

import pytest

from mmuda.report import alarms


def test_one_class_in_nearly_all_pixels_is_a_collapse():
    shares = dict(road=0.95, sky=0.05)
    found = alarms.class_collapse(shares, 'round 3')
    assert found.kind == 'class collapse' and found.text.startswith("round 3: 95 % of the pixels are 'road'")
    assert alarms.class_collapse(dict(road=0.85, sky=0.15), 'round 3') is None
    assert alarms.class_collapse(shares, 'round 3', highest=0.96) is None


def test_labels_without_a_pixel_are_no_collapse():
    assert alarms.class_collapse(dict(road=0.0, sky=0.0), '') is None
    assert alarms.class_collapse({}, '') is None


@pytest.mark.parametrize('coverage, kind', [(0.0, 'coverage at 0'), (0.01, 'coverage at 0'), (1.0, 'coverage at 1')])
def test_coverage_at_its_ends_is_named(coverage, kind):
    assert alarms.coverage_at_a_bound(coverage, 'round 0').kind == kind


def test_coverage_between_its_ends_is_none_nor_that_of_labelers_without_a_threshold():
    assert alarms.coverage_at_a_bound(0.5, '') is None
    assert alarms.coverage_at_a_bound(1.0, '', may_be_all=True) is None
    assert alarms.coverage_at_a_bound(0.0, '', may_be_all=True).kind == 'coverage at 0'
    assert alarms.coverage_at_a_bound(0.05, '', lowest=0.05).kind == 'coverage at 0'
    assert alarms.coverage_at_a_bound(0.9, '', highest=0.9).kind == 'coverage at 1'


def test_teacher_and_student_that_agree_little_are_apart():
    assert '30 % of the pixels' in alarms.teacher_apart(0.3, '8 images').text
    assert alarms.teacher_apart(0.6, '') is None
    assert alarms.teacher_apart(0.6, '', lowest=0.7) is not None


def test_a_class_that_loses_nearly_all_is_named_with_its_numbers():
    found = alarms.vanished_classes(dict(road=0.5, car=0.1, bus=0.0), dict(road=0.6, car=0.001), 'labels')
    assert 'car from 10 % to 0.1 %' in found.text
    assert 'road' not in found.text and 'bus' not in found.text


def test_a_class_that_is_rare_or_keeps_a_part_is_not():
    assert alarms.vanished_classes(dict(car=0.0005), dict(car=0.0), '') is None
    assert alarms.vanished_classes(dict(car=0.1), dict(car=0.01), '') is None
    assert alarms.vanished_classes(dict(car=0.1), dict(car=0.01), '', kept=0.2) is not None
    assert alarms.vanished_classes(dict(car=0.0005), dict(car=0.0), '', least=0.0001) is not None


def test_labels_that_stay_as_they_are_are_named():
    assert alarms.frozen_labels(0.9995, 'round 1 and round 2').text.startswith('round 1 and round 2: 99.95 %')
    assert alarms.frozen_labels(0.99, '') is None
    assert alarms.frozen_labels(0.99, '', highest=0.98) is not None
