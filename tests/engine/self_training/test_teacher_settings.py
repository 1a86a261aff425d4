"""Settings of rounds with teachers that do not fit."""

from pathlib import Path

import pytest
from mmseg.registry import RUNNERS

from tests.helpers.ensemble import CLASSES, ensemble_config, make_teachers
from tests.helpers.tiny import make_data, train


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def teachers(tmp_path_factory) -> list[dict]:
    return make_teachers(tmp_path_factory.mktemp('teachers'))


def assert_refused(data: Path, work_dir: Path, teachers: list[dict], change: dict, message: str) -> None:
    cfg = ensemble_config(data, work_dir, teachers)
    strategy = {key: change.pop(key) for key in change.keys() - {'learning_rate', 'source'}}
    cfg.train_cfg.update(change)
    cfg.train_cfg.labels.update(strategy)
    runner = RUNNERS.build(cfg)
    with pytest.raises(ValueError, match=message):
        runner.build_train_loop(runner._train_loop)


@pytest.mark.parametrize(
    'table, message',
    [
        (
            'gta5',
            r"labeler.teacher_of_class: the table 'gta5' gives .* to the unknown teacher [23], expected 0\.\.1 \(two",
        ),
        ([0] * 18, r"labeler.teacher_of_class: .* 18 entries, .*\['bicycle'\] are missing"),
        (dict.fromkeys(CLASSES[1:], 'two'), r"labeler.teacher_of_class: .* no teacher for \['road'\]"),
        (dict.fromkeys(CLASSES, 'three'), r"unknown teacher 'three', expected 0\.\.1 \(two, plain\)"),
        (dict.fromkeys([*CLASSES, 'lake'], 'two'), r"unknown classes \['lake'\]"),
    ],
)
def test_tables_that_do_not_fit_are_refused_at_the_start(data, teachers, tmp_path, table, message):
    labeler = dict(type='ChannelWiseLabeler', teacher_of_class=table)
    assert_refused(data, tmp_path, teachers, dict(labeler=labeler), message)


def test_a_teacher_that_does_not_know_its_class_is_refused(data, teachers, tmp_path):
    cfg = ensemble_config(data, tmp_path, teachers)
    cfg.train_cfg.labels.labeler = dict(type='ChannelWiseLabeler', teacher_of_class=[1] * 19)
    with pytest.raises(ValueError, match="teacher of 'terrain' is 'plain', which does not know"):
        train(cfg)


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(teachers=[]), 'train_cfg.labels.teachers is empty'),
        (dict(portion=dict(start=0.5)), "train_cfg.labels: TeacherLabels .*'portion': its settings are teachers, "),
        (dict(spatial_prior=dict()), "train_cfg.labels: TeacherLabels .*'spatial_prior'"),
        (dict(source=dict(portion=dict(start=0.5))), 'train_cfg.source has no effect, as the pool has no source'),
        (dict(learning_rate=dict(decay='step')), "learning_rate: .*decay = 'step', expected one of"),
        (dict(learning_rate=dict(decay='poly', power=0)), 'learning_rate: .*power = 0'),
    ],
)
def test_settings_that_do_not_fit_are_refused_at_the_start(data, teachers, tmp_path, change, message):
    assert_refused(data, tmp_path, teachers, change, message)


def test_no_labels_at_all_are_an_error(data, teachers, tmp_path):
    cfg = ensemble_config(data, tmp_path, teachers)
    cfg.train_cfg.labels.labeler.threshold = 100
    with pytest.raises(ValueError, match=r'no pixel of the target .* Lower the threshold of train_cfg.labels.labeler'):
        train(cfg)
