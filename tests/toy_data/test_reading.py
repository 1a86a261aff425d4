"""The dataset classes for the published data read the toy data."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS

from mmuda.toy_data import write_toy_data

PIPELINE = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='FitAndPad', scale=(128, 64)),  # photos of several sizes
    dict(type='PackSegInputs'),
]
CITYSCAPES = dict(data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'))
SETS = {
    'GTADataset': ('gta', {}, 10),
    'SynthiaDataset': ('synthia', {}, 10),
    'CityscapesLabelIdsDataset': ('cityscapes', CITYSCAPES, 2),
    'RobotCarDataset': ('robotcar', dict(data_prefix=dict(img_path='val', seg_map_path='anno')), 2),
    'Synthia7Dataset': ('synthia', {}, 10),
    'Cityscapes7Dataset': ('cityscapes', CITYSCAPES, 2),
    'MapillaryDataset': ('mapillary', {}, 8),
}


@pytest.fixture(scope='module')
def toy(tmp_path_factory) -> Path:
    return write_toy_data(tmp_path_factory.mktemp('data') / 'toy', num_train=8, num_val=2, size=(128, 64))


@pytest.mark.parametrize('name', SETS)
def test_images_are_found_and_the_street_is_where_it_should_be(toy, name):
    folder, options, count = SETS[name]
    with DefaultScope.overwrite_default_scope('mmseg'):
        dataset = DATASETS.build(dict(type=name, data_root=str(toy / folder), pipeline=PIPELINE, **options))
    assert len(dataset) == count
    labels = np.stack([sample['data_samples'].gt_sem_seg.data[0].numpy() for sample in dataset])
    classes = dataset.metainfo['classes']
    order = ('sky', 'construction', 'flat') if 'flat' in classes else ('sky', 'building', 'road')
    rows = np.arange(labels.shape[1])[None, :, None]
    height = {name: np.broadcast_to(rows, labels.shape)[labels == classes.index(name)].mean() for name in order}
    assert height[order[0]] < height[order[1]] < height[order[2]]
