import shutil

import numpy as np
import pytest
from mmseg.registry import DATASETS

from mmuda.pseudo_labels import PseudoLabelStore
from tests.helpers.published import write_camvid, write_label

PIPELINE = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds'), dict(type='PackSegInputs')]


@pytest.fixture
def config(tmp_path):
    write_camvid(tmp_path / 'data', 'dusk_train', 2)
    shutil.rmtree(tmp_path / 'data/labels')
    target = dict(
        type='CamVidDataset',
        data_root=str(tmp_path / 'data'),
        pipeline=PIPELINE,
        data_prefix=dict(img_path='images', seg_map_path='labels'),
    )
    return dict(type='PseudoLabelDataset', pipeline=PIPELINE, dataset=target)


def test_labels_come_from_the_store(config, tmp_path):
    labels = np.random.default_rng(0).integers(0, 11, (12, 16)).astype(np.uint8)
    write_label(tmp_path / 'store/dusk_train/01.png', labels, 'gray')
    sample = DATASETS.build(dict(config, store=str(tmp_path / 'store')))[1]
    np.testing.assert_array_equal(sample['data_samples'].gt_sem_seg.data[0].numpy(), labels)


def test_samples_know_their_store_and_name(config, tmp_path):
    write_label(tmp_path / 'store/dusk_train/01.png', np.zeros((12, 16), np.uint8), 'gray')
    sample = DATASETS.build(dict(config, pipeline=PIPELINE[:2], store=str(tmp_path / 'store')))[1]
    assert (sample['pseudo_label_store'], sample['pseudo_label_name']) == (str(tmp_path / 'store'), 'dusk_train/01.jpg')


def test_store_can_be_set_later(config, tmp_path):
    dataset = DATASETS.build(config)
    write_label(tmp_path / 'store/dusk_train/00.png', np.full((12, 16), 3, np.uint8), 'gray')
    dataset.store = str(tmp_path / 'store')
    assert dataset[0]['data_samples'].gt_sem_seg.data.unique().tolist() == [3]


def test_values_without_class_are_ignored(config, tmp_path):
    labels = np.resize(np.array([0, 10, 11, 254, 255], np.uint8), (12, 16))
    write_label(tmp_path / 'store/dusk_train/00.png', labels, 'gray')
    sample = DATASETS.build(dict(config, store=str(tmp_path / 'store')))[0]
    assert sample['data_samples'].gt_sem_seg.data.unique().tolist() == [0, 10, 255]


def test_pseudo_labels_can_be_the_source(config, tmp_path):
    target = dict(config['dataset'], pipeline=[PIPELINE[0], PIPELINE[-1]])
    dataset = DATASETS.build(dict(type='UDADataset', source=config, target=target))
    write_label(tmp_path / 'store/dusk_train/00.png', np.full((12, 16), 3, np.uint8), 'gray')
    dataset.source.store = str(tmp_path / 'store')
    assert dataset[0]['data_samples']['source'].gt_sem_seg.data.unique().tolist() == [3]


def test_paths_and_length(config, tmp_path):
    dataset = DATASETS.build(config)
    assert (len(dataset), dataset.relative_path(1), dataset.image_path(1)) == (
        2,
        'dusk_train/01.jpg',
        str(tmp_path / 'data/images/dusk_train/01.jpg'),
    )


def test_classes_are_those_of_the_wrapped_data_set(config):
    assert len(DATASETS.build(config).metainfo['classes']) == 11


def test_reading_without_store_names_the_hook(config):
    with pytest.raises(RuntimeError, match=r'store is not set.*PseudoLabelHook'):
        DATASETS.build(config)[0]


def test_missing_label_names_label_and_hook(config, tmp_path):
    with pytest.raises(FileNotFoundError, match=r'store/dusk_train/00\.png.*is missing.*PseudoLabelHook'):
        DATASETS.build(dict(config, store=str(tmp_path / 'store')))[0]


def test_wrapped_data_set_without_image_folder_is_refused(config):
    wrapped = dict(type='RepeatDataset', times=2, dataset=config['dataset'])
    with pytest.raises(ValueError, match='RepeatDataset has no image folder'):
        DATASETS.build(dict(config, dataset=wrapped))


def test_data_sets_with_views_say_which_parts_are_pseudo_labeled(config):
    target = dict(config['dataset'], pipeline=[PIPELINE[0], PIPELINE[-1]])
    pair = DATASETS.build(dict(type='UDADataset', source=config, target=target))
    assert list(pair.parts()) == ['source', 'target'] and pair.pseudo_labeled() == dict(source=pair.source)
    pool = DATASETS.build(dict(type='PoolDataset', source=None, target=config))
    assert pool.parts() == pool.pseudo_labeled() == dict(target=pool.target)


def test_a_store_without_manifest_has_a_confidence(config, tmp_path):
    dataset = DATASETS.build(dict(config, store=str(tmp_path / 'store')))
    ((name, (plane, path)),) = dataset.plane_files(1).items()
    assert (name, plane.name, path) == ('confidence', 'confidence', f'{tmp_path}/store/confidence/dusk_train/01.png')


@pytest.mark.parametrize('change', [list, lambda classes: classes[::-1], lambda classes: classes[:-1]])
def test_a_store_of_other_classes_is_refused(config, tmp_path, change):
    """Also of as many: negative masks and labels would mean something else."""
    dataset = DATASETS.build(dict(config, store=str(tmp_path / 'store')))
    classes = list(dataset.metainfo['classes'])
    PseudoLabelStore(tmp_path / 'store').open(dict(classes=change(classes)))
    if change(classes) == classes:
        assert 'confidence' in dataset.plane_files(0)
    else:
        with pytest.raises(ValueError, match=r'the pseudo labels .*store are of the classes .* label again'):
            dataset.plane_files(0)


def test_flat_labels_and_unlabeled_images_have_no_planes(config):
    assert DATASETS.build(config).plane_files(0) == {}
