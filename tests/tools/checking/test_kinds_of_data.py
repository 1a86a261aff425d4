"""Data sets of MMSegmentation, depth, pseudo labels."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mmuda.datasets.classes import CITYSCAPES_CLASSES
from mmuda.pseudo_labels import PseudoLabelStore
from tests.helpers.tiny import REPO, shrink_data
from tests.tools.checking.helpers import CITY, truncate


def stock_source(config: Config, data: Path, **options: Any) -> None:
    """The source as a data set class of MMSegmentation."""
    config.train_dataloader.dataset.source = dict(
        type='BaseSegDataset',
        data_root=str(data / 'gta'),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        img_suffix='.png',
        pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')],
        **options,
    )


def write_labels(data: Path, values: list[int]) -> None:
    """Labels of the source of equally many pixels of each value."""
    for path in (data / 'gta' / 'labels').iterdir():
        Image.fromarray(np.resize(np.array(values, np.uint8), (64, 96))).save(path)


def test_labels_are_read_as_reduce_zero_label_shifts_them(check, config, data):
    stock_source(config, data, reduce_zero_label=True, metainfo=dict(classes=('road', 'car')))
    write_labels(data, [0, 1, 2, 1])
    checked = check()
    assert not checked.messages('error', 'label value', 'source')
    assert checked.found['splits']['source']['class_shares'] == pytest.approx({'road': 2 / 3, 'car': 1 / 3})
    write_labels(data, [0, 3])
    assert 'has the values [2], but there are 2 classes' in check().messages('error', 'label value', 'source')[0]


def test_a_pipeline_that_refuses_reduce_zero_label_is_an_error(check, config, data):
    stock_source(config, data, reduce_zero_label=True, metainfo=dict(classes=('road', 'car')))
    config.train_dataloader.dataset.source.pipeline[1] = dict(type='LoadLabelIds')
    write_labels(data, [0, 1, 2])
    assert 'LoadLabelIds refuses reduce_zero_label' in check().messages('error', 'pipeline', 'source')[0]


@pytest.mark.parametrize('kind, ids, shift', [('ADE20KDataset', 150, 1), ('CityscapesDataset', 19, 0)])
def test_data_sets_of_mmsegmentation(check, config, data, kind, ids, shift):
    stock_source(config, data, seg_map_suffix='.png')
    config.train_dataloader.dataset.source.type = kind
    write_labels(data, list(range(shift, ids + shift)))
    checked = check()
    split = checked.found['splits']['source']
    assert (split['dataset'], split['images'], split['labels']) == (kind, 6, 6)
    assert not checked.messages('error', 'label value', 'source') and not split['missing_classes']
    write_labels(data, [ids + shift])
    assert len(check().messages('error', 'label value', 'source')) == 6


def with_depth(config: Config, data: Path) -> Path:
    """Give the source depth; returns its folder."""
    config.train_dataloader.dataset.source.pipeline.insert(
        1, dict(type='LoadDepth', image_folder='images', depth_folder='depth')
    )
    for path in (data / 'gta/images').iterdir():
        (data / 'gta/depth').mkdir(exist_ok=True)
        Image.fromarray(np.full((64, 96), 500, np.uint16)).save(data / 'gta/depth' / path.name)
    return data / 'gta/depth'


def test_depth_is_checked(check, config, data):
    depth = with_depth(config, data)
    checked = check()
    assert checked.code == 0 and checked.found['files'] == 20 + 6
    paths = sorted(depth.iterdir())
    paths[0].unlink()
    truncate(paths[1])
    Image.fromarray(np.zeros((64, 96), np.uint8)).save(paths[2])
    Image.fromarray(np.zeros((32, 96), np.uint16)).save(paths[3])
    checked = check()
    messages = ' | '.join(checked.messages('error', 'depth', 'source'))
    for words in ('does not exist', 'truncated', 'expected 16 bits', 'has 96x32 pixels'):
        assert words in messages


@pytest.fixture
def second_stage(data, tmp_path, config) -> PseudoLabelStore:
    """The data of a second stage, and a whole store of its pseudo labels."""
    stage2 = Config.fromfile(REPO / 'configs' / 'toy' / 'mrnet_stage2.py')
    shrink_data(stage2, data)
    config.train_dataloader = stage2.train_dataloader
    config.work_dir = str(tmp_path / 'work')
    store = PseudoLabelStore(tmp_path / 'work' / 'pseudo_labels')
    store.open(dict(classes=list(stage2.train_dataloader.dataset.source.dataset.get('classes', CITYSCAPES_CLASSES))))
    images = data / CITY / 'train'
    for path in images.rglob('*.png'):
        planes = dict(label=np.resize(np.arange(19, dtype=np.uint8), (64, 96)), confidence=np.ones((64, 96)))
        store.write(str(path.relative_to(images)), planes)
    store.finish()
    return store


def test_pseudo_labels_are_checked(check, second_stage):
    checked = check()
    split = checked.found['splits']['labeled']
    assert checked.code == 0 and (split['images'], split['labels']) == (4, 4)
    assert split['pseudo_labels'] == str(second_stage.root)
    labels = sorted(path for path in second_stage.root.rglob('*.png') if 'confidence' not in path.parts)
    labels[0].unlink()
    truncate_to(labels[1], 20)
    Image.fromarray(np.full((64, 96), 19, np.uint8)).save(labels[2])
    truncate_to(next((second_stage.root / 'confidence').rglob('*.png')), 20)
    checked = check()
    assert '1 of 4 images have no label' in checked.messages('error', 'pseudo labels', 'labeled')[0]
    assert len(checked.messages('error', 'label', 'labeled')) == 1
    assert 'has the values [19]' in checked.messages('error', 'label value', 'labeled')[0]
    assert len(checked.messages('error', 'confidence', 'labeled')) == 1


def truncate_to(path: Path, number: int) -> None:
    path.write_bytes(path.read_bytes()[:number])


def test_pseudo_labels_that_are_not_there_yet_are_a_note(check, second_stage):
    shutil.rmtree(second_stage.root)
    checked = check()
    assert checked.code == 0 and 'training makes them' in checked.messages('note', 'pseudo labels', 'labeled')[0]


def test_pseudo_labels_of_other_classes_are_an_error(check, second_stage):
    shutil.rmtree(second_stage.root)
    second_stage.open(dict(classes=['road']))
    assert 'are of the classes' in check().messages('error', 'pseudo labels', 'labeled')[0]
