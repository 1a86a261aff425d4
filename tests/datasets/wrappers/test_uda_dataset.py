import json
import random
import shutil
import sys

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmseg.registry import DATASETS

from mmuda.datasets import UDAIndex
from tests.helpers.published import write_camvid
from tests.helpers.tiny import run_tool

IMAGE = dict(type='LoadImageStrict')
LABEL = dict(type='LoadLabelIds')
AUGMENT = [
    dict(type='JitteredResize', scale=(20, 16)),
    dict(type='HardSampleCrop', crop_size=(8, 8)),
    dict(type='HorizontalFlip'),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]


@pytest.fixture
def config(tmp_path):
    write_camvid(tmp_path, 'day_train', 3)
    write_camvid(tmp_path, 'dusk_train', 5)
    camvid = dict(type='CamVidDataset', data_root=str(tmp_path))
    return dict(
        type='UDADataset',
        source=dict(camvid, pipeline=[IMAGE, LABEL, *AUGMENT]),
        target=dict(
            camvid,
            pipeline=[IMAGE, *AUGMENT],
            data_prefix=dict(img_path='images/dusk_train', seg_map_path='labels/dusk_train'),
        ),
    )


def test_sample_has_both_views(config):
    sample = DATASETS.build(config)[UDAIndex(0, source=1, target=4)]
    assert sample['inputs']['source'].shape == sample['inputs']['target'].shape == (3, 8, 8)
    names = {view: sample['data_samples'][view].img_path[-16:] for view in ('source', 'target')}
    assert names == dict(source='day_train/01.jpg', target='usk_train/04.jpg')


def test_only_the_source_is_labeled(config):
    data_samples = DATASETS.build(config)[0]['data_samples']
    assert 'gt_sem_seg' in data_samples['source'] and 'gt_sem_seg' not in data_samples['target']


def test_default_collate_makes_dicts_of_lists(config):
    dataset = DATASETS.build(config)
    batch = pseudo_collate([dataset[0], dataset[1]])
    assert {key: {view: len(items) for view, items in value.items()} for key, value in batch.items()} == dict(
        inputs=dict(source=2, target=2), data_samples=dict(source=2, target=2)
    )


def test_target_can_be_left_out(config):
    alone, pair = DATASETS.build(dict(config, target=None)), DATASETS.build(config)
    assert (len(alone), alone.views, pair.views) == (3, ('source',), ('source', 'target'))
    for position in range(4):
        sample, both = alone[UDAIndex(position, 1)], pair[UDAIndex(position, 1, 0)]
        assert list(sample['inputs']) == list(sample['data_samples']) == ['source']
        assert torch.equal(sample['inputs']['source'], both['inputs']['source'])
    assert torch.equal(alone[2]['inputs']['source'], pair[2]['inputs']['source'])


def test_a_target_with_depth_is_refused_before_anything_is_read(config):
    config['target']['pipeline'].insert(1, dict(type='LoadDepth'))
    with pytest.raises(ValueError, match='the target has no depth, but its pipeline has LoadDepth. Remove it'):
        DATASETS.build(config)


def test_labeled_view_has_the_name_that_is_given(config):
    named, plain = DATASETS.build(dict(config, labeled_view='labeled')), DATASETS.build(config)
    assert named.views == ('labeled', 'target') and len(named) == len(plain)
    got, want = named[UDAIndex(7, 1, 0)]['inputs'], plain[UDAIndex(7, 1, 0)]['inputs']
    assert torch.equal(got['labeled'], want['source']) and torch.equal(got['target'], want['target'])


def test_both_views_of_one_name_are_refused(config):
    with pytest.raises(ValueError, match="labeled_view='target' is the name of the view without labels"):
        DATASETS.build(dict(config, labeled_view='target'))


def test_length_is_that_of_the_longer_one(config):
    assert len(DATASETS.build(config)) == 5


@pytest.mark.parametrize('index', [5, -1])
def test_plain_index_out_of_range(config, index):
    with pytest.raises(IndexError):
        DATASETS.build(config)[index]


def test_metainfo_is_that_of_the_source(config):
    config['target']['metainfo'] = dict(palette=[[0, 0, 0]] * 11)
    dataset = DATASETS.build(config)
    assert dataset.metainfo['palette'] == dataset.source.metainfo['palette']


def test_sample_depends_on_seed_and_position_only(config):
    dataset = DATASETS.build(config)
    first = dataset[UDAIndex(7, 0, 0)]['inputs']
    dataset[UDAIndex(3, 1, 2)]
    torch.rand(3), random.random(), np.random.rand()
    again = dataset[UDAIndex(7, 0, 0)]['inputs']
    assert all(torch.equal(first[view], again[view]) for view in first)


@pytest.mark.parametrize('view', ['source', 'target'])
@pytest.mark.parametrize('seed, position', [(0, 8), (1, 7)])
def test_sample_changes_with_seed_and_with_position(config, seed, position, view):
    dataset = DATASETS.build(config)
    first = dataset[UDAIndex(7, 0, 0)]['inputs'][view]
    dataset.seed = seed
    assert not torch.equal(first, dataset[UDAIndex(position, 0, 0)]['inputs'][view])


def test_views_have_random_numbers_of_their_own(config):
    config['target']['data_prefix'] = dict(img_path='images/day_train')
    config['source']['pipeline'] = config['target']['pipeline']
    inputs = DATASETS.build(config)[0]['inputs']
    assert not torch.equal(inputs['source'], inputs['target'])


def test_global_random_states_are_left_alone(config):
    dataset = DATASETS.build(config)

    def numbers() -> tuple:
        return random.random(), np.random.rand(), torch.rand(()).item()

    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    want = numbers()
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    dataset[0]
    assert numbers() == want


def test_global_random_states_survive_an_error(config, tmp_path):
    dataset = DATASETS.build(config)
    (tmp_path / 'images/dusk_train/00.jpg').unlink()
    random.seed(1)
    state = random.getstate()
    with pytest.raises(FileNotFoundError):
        dataset[0]
    assert random.getstate() == state


def test_classes_of_both_must_agree(config):
    config['target']['metainfo'] = dict(classes=('sky', 'road'))
    with pytest.raises(ValueError, match=r"source \(11\) and target \(2\).*only in the source: \['building'"):
        DATASETS.build(config)


def test_order_of_the_classes_must_agree(config):
    classes = DATASETS.get('CamVidDataset').METAINFO['classes']
    config['target']['metainfo'] = dict(classes=classes[::-1])
    with pytest.raises(ValueError, match='the order differs'):
        DATASETS.build(config)


@pytest.mark.parametrize(
    'loader',
    [
        dict(type='LoadLabelIds'),
        dict(type='LoadAnnotations'),
        dict(type='RandomApply', transforms=[dict(type='mmseg.LoadAnnotations')]),
    ],
)
def test_target_pipeline_must_not_load_labels(config, loader):
    config['target']['pipeline'] = [IMAGE, loader, *AUGMENT]
    with pytest.raises(ValueError, match='the target is unlabeled, but its pipeline has'):
        DATASETS.build(config)


def test_target_pipeline_inside_a_wrapper_must_not_load_labels(config):
    config['target']['pipeline'] = [IMAGE, LABEL, *AUGMENT]
    config['target'] = dict(type='RepeatDataset', times=2, dataset=config['target'])
    with pytest.raises(ValueError, match="its pipeline has.*'LoadLabelIds'"):
        DATASETS.build(config)


@pytest.mark.parametrize(
    'wrap',
    [
        lambda target: target,
        lambda target: dict(type='RepeatDataset', times=2, dataset=target),
        lambda target: dict(type='ConcatDataset', datasets=[target, target]),
    ],
    ids=['plain', 'repeated', 'concatenated'],
)
def test_target_labels_need_not_exist(config, tmp_path, wrap):
    shutil.rmtree(tmp_path / 'labels/dusk_train')
    dataset = DATASETS.build(dict(config, target=wrap(config['target'])))
    assert 'seg_map_path' not in dataset.target.get_data_info(0)
    dataset[0]


def test_stock_target_data_set_loses_its_labels(config, tmp_path):
    config['target'] = dict(config['target'], type='BaseSegDataset', metainfo=DATASETS.build(config).metainfo)
    config['target']['metainfo'] = {key: config['target']['metainfo'][key] for key in ('classes', 'palette')}
    shutil.rmtree(tmp_path / 'labels/dusk_train')
    assert 'seg_map_path' not in DATASETS.build(config).target.get_data_info(0)


WATCH = """
import json, os, sys
touched = []
def watch(event, arguments):
    if event in ('open', 'os.listdir', 'os.scandir') and isinstance(arguments[0], str):
        touched.append(os.path.abspath(arguments[0]))
import mmuda
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS
init_default_scope('mmseg')
sys.addaudithook(watch)
dataset = DATASETS.build(json.loads(sys.argv[1]))
for index in range(len(dataset)):
    dataset[index]
print(json.dumps(touched))
"""


@pytest.mark.integration
def test_no_target_label_is_opened_or_listed(config, tmp_path):
    (tmp_path / 'watch.py').write_text(WATCH)
    result = run_tool(sys.executable, tmp_path / 'watch.py', json.dumps(config), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    touched = json.loads(result.stdout.splitlines()[-1])
    assert str(tmp_path / 'labels/day_train/00.png') in touched  # the watch does see labels
    assert str(tmp_path / 'images/dusk_train/04.jpg') in touched
    assert not [path for path in touched if path.startswith(str(tmp_path / 'labels/dusk_train'))]


@pytest.mark.parametrize('view', ['source', 'target'])
def test_pipeline_that_does_not_pack_is_named(config, view):
    config[view]['pipeline'] = config[view]['pipeline'][:-1]
    with pytest.raises(ValueError, match=f"the pipeline of {view} gives .*'img'.*end it with .*PackSegInputs"):
        DATASETS.build(config)[0]


@pytest.mark.parametrize(
    'wrap', [lambda target: target, lambda target: dict(type='RepeatDataset', times=2, dataset=target)]
)
def test_crop_that_needs_labels_is_refused_in_the_target(config, wrap):
    crop = dict(type='RandomCrop', crop_size=(8, 8), cat_max_ratio=0.75)
    config['source']['pipeline'].insert(2, crop)
    DATASETS.build(config)[0]
    config['target']['pipeline'] = [IMAGE, crop, AUGMENT[-1]]
    with pytest.raises(ValueError, match='RandomCrop with cat_max_ratio = 0.75 in the pipeline of the target'):
        DATASETS.build(dict(config, target=wrap(config['target'])))
