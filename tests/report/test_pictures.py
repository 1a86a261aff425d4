"""Predictions of target images, beside their pseudo labels."""

import shutil

import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from mmuda.report import pictures
from mmuda.report.label_statistics import read_statistics
from mmuda.report.pictures import build_teacher, take_pictures
from tests.helpers.tiny import make_data, opened_files, tiny_config
from tests.helpers.work_dirs import write_labels

NUM_CLASSES = 19
METAINFO = dict(classes=tuple(map(str, range(NUM_CLASSES))), palette=[(index, 0, 0) for index in range(NUM_CLASSES)])


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def config(data):
    return tiny_config(data, data / 'run')


@pytest.fixture(scope='module')
def model(config):
    init_default_scope('mmseg')
    return MODELS.build(config.model).eval()


def test_predictions_are_of_the_target_and_open_no_label(data, config, model):
    with opened_files() as opened:
        taken = take_pictures(config, model, METAINFO, [], 3)
    assert taken.split == 'target' and len(taken.images) == 3
    images = [path for path in opened if path.startswith(str(data)) and path.endswith('.png')]
    assert images and all('cityscapes/leftImg8bit/train' in path for path in images)


def test_all_pixels_count_and_two_classifiers_are_compared(config, model):
    taken = take_pictures(config, model, METAINFO, [], 2)
    assert taken.predicted.sum() == taken.confidences.sum() == 2 * 64 * 96
    assert len(taken.classifiers_agree) == 2 and all(0 <= share <= 1 for share in taken.classifiers_agree)
    assert sum(taken.shares.values()) == pytest.approx(1)


def test_a_teacher_with_the_weights_of_the_student_agrees_with_it(config, model):
    teacher = build_teacher(config, model.student.state_dict(), 'cpu')
    taken = take_pictures(config, model, METAINFO, [], 2, teacher)
    assert taken.teacher_agrees == [1.0, 1.0]
    for shown in taken.images.values():
        assert np.array_equal(shown['prediction'], shown['prediction of the teacher'])


def test_pictures_of_an_image_have_one_size_of_a_limited_width(config, model, monkeypatch):
    monkeypatch.setattr(pictures, 'WIDTH', 48)
    (shown,) = take_pictures(config, model, METAINFO, [], 1).images.values()
    assert {image.shape for image in shown.values()} == {(32, 48, 3)}


def test_labels_are_those_of_the_image(data, config, model, tmp_path):
    folder = data / 'cityscapes' / 'leftImg8bit' / 'train'
    name = sorted(path.relative_to(folder) for path in folder.rglob('*.png'))[1]
    labels = []
    for index in range(3):
        store = write_labels(tmp_path / str(index), [np.full((64, 96), 1 + index, np.uint8)])
        for part in (store.root, store.root / 'confidence'):
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            (part / '0.png').rename(part / name)
        labels.append(read_statistics(store.root, f'round {index}'))
    taken = take_pictures(config, model, METAINFO, labels, 4)
    assert list(taken.images) == [str(folder / name)]
    shown = taken.images[str(folder / name)]
    assert [title for title in shown if title.startswith('labels')] == ['labels: round 0', 'labels: round 2']
    assert (shown['labels: round 2'] == (3, 0, 0)).all()


def test_images_that_are_not_there_are_named(config, model, data, tmp_path):
    labels = [read_statistics(write_labels(tmp_path, [np.zeros((4, 4), np.uint8)]).root, 'round 0')]
    with pytest.raises(ValueError, match='no image of target has a label in'):
        take_pictures(config, model, METAINFO, labels, 1)
    moved = tiny_config(tmp_path / 'elsewhere', tmp_path)
    shutil.copytree(data / 'gta', tmp_path / 'elsewhere' / 'gta')
    with pytest.raises(ValueError, match='target: .*elsewhere'):
        take_pictures(moved, model, METAINFO, [], 1)


def test_a_config_without_unlabeled_or_validation_images_is_refused(data, model, tmp_path):
    with pytest.raises(ValueError, match='names no images of target, validation, test, only of source'):
        take_pictures(tiny_config(data, tmp_path, 'source_only'), model, METAINFO, [], 1)
