import builtins

import numpy as np
import pytest
from mmseg.registry import DATASETS
from PIL import Image

from tests.datasets.published import LAYOUTS, write_camvid, write_dataset

CAMVID = dict(type='CamVidDataset', pipeline=[])


@pytest.mark.parametrize('name', LAYOUTS)
def test_image_and_label_of_the_published_layout_are_found(tmp_path, name):
    info = DATASETS.build(write_dataset(tmp_path, name, np.zeros((4, 6), np.uint8)))[0]
    assert (info['img_path'], info['seg_map_path']) == (
        str(tmp_path / LAYOUTS[name].image), str(tmp_path / LAYOUTS[name].label))


@pytest.mark.parametrize('name', LAYOUTS)
def test_missing_data_root_says_how_to_get_the_data(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=r'(?s)there is no image folder.*nowhere.*make_toy_data\.py'):
        DATASETS.build(dict(type=name, data_root=str(tmp_path / 'nowhere')))


def test_empty_folder_says_which_files_are_expected(tmp_path):
    (tmp_path / 'images/day_train').mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"holds no file that ends in '\.jpg'.*make_toy_data"):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path)))


def test_images_without_label_are_counted_and_named(tmp_path):
    write_camvid(tmp_path, 'day_train', 5)
    for index in (1, 3):
        (tmp_path / f'labels/day_train/{index:02d}.png').unlink()
    with pytest.raises(FileNotFoundError, match=r'2 images have no label file.*01\.png.*03\.png'):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path)))


def test_missing_label_folder_counts_all_images(tmp_path):
    write_camvid(tmp_path, 'day_train', 3)
    with pytest.raises(FileNotFoundError, match='3 images have no label file'):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), data_prefix=dict(
            img_path='images/day_train', seg_map_path='labels/elsewhere')))


def test_without_label_prefix_no_label_is_looked_for(tmp_path):
    write_camvid(tmp_path, 'dusk_train', 2)
    (tmp_path / 'labels/dusk_train/00.png').unlink()
    dataset = DATASETS.build(
        dict(CAMVID, data_root=str(tmp_path), data_prefix=dict(img_path='images/dusk_train')))
    assert len(dataset) == 2 and 'seg_map_path' not in dataset[0]


def test_image_list_selects_images(tmp_path):
    write_camvid(tmp_path, 'day_train', 4)
    (tmp_path / 'list.txt').write_text('02\n00\n')
    dataset = DATASETS.build(dict(CAMVID, data_root=str(tmp_path), ann_file='list.txt'))
    assert [info['img_path'][-6:] for info in dataset] == ['02.jpg', '00.jpg']


def test_missing_image_list_is_named(tmp_path):
    write_camvid(tmp_path, 'day_train', 1)
    with pytest.raises(FileNotFoundError, match='no image list .*list.txt'):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), ann_file='list.txt'))


@pytest.mark.parametrize('line', ['07', '01.jpg', 'day_train/01', ''])
def test_lines_of_the_list_that_are_no_image_are_named_with_the_form_expected(tmp_path, line):
    write_camvid(tmp_path, 'day_train', 2)
    (tmp_path / 'list.txt').write_text(f'00\n{line}\n')
    with pytest.raises(FileNotFoundError, match=r"1 images of the list .*list\.txt.*relative to .*without '\.jpg'"):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), ann_file='list.txt'))


def test_empty_image_list_is_named(tmp_path):
    write_camvid(tmp_path, 'day_train', 1)
    (tmp_path / 'list.txt').touch()
    with pytest.raises(FileNotFoundError, match='list.txt.* is empty'):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), ann_file='list.txt'))


def test_no_file_is_opened_at_start(tmp_path, monkeypatch):
    write_camvid(tmp_path, 'day_train', 3)
    opened, original = [], builtins.open

    def spy(file, *args, **kwargs):
        opened.append(str(file))
        return original(file, *args, **kwargs)

    monkeypatch.setattr(builtins, 'open', spy)
    DATASETS.build(dict(CAMVID, data_root=str(tmp_path)))
    assert not [path for path in opened if str(tmp_path) in path]


def test_subset_of_the_classes_renumbers_the_labels(tmp_path):
    config = write_dataset(tmp_path, 'CamVidDataset', np.array([[0, 3, 8, 11]], np.uint8))
    dataset = DATASETS.build(dict(
        config, metainfo=dict(classes=('car', 'road')),
        pipeline=[dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]))
    np.testing.assert_array_equal(dataset[0]['gt_seg_map'], [[255, 1, 0, 255]])


@pytest.mark.parametrize('name, count', [
    ('GTADataset', 19), ('SynthiaDataset', 19), ('CityscapesLabelIdsDataset', 19), ('Cityscapes9Dataset', 9),
    ('RobotCarDataset', 9), ('CamVidDataset', 11), ('CrossCityDataset', 13), ('CrossCity19Dataset', 19)])
def test_number_of_classes(name, count):
    assert len(DATASETS.get(name).METAINFO['classes']) == count


def test_own_data_need_no_class_of_their_own(tmp_path):
    write_camvid(tmp_path, 'day_train', 1)
    dataset = DATASETS.build(
        dict(
            type='PublishedDataset',
            data_root=str(tmp_path),
            data_prefix=dict(img_path='images/day_train', seg_map_path='labels/day_train'),
            img_suffix='.jpg',
            metainfo=dict(classes=['road', 'rest']),
            pipeline=[dict(type='LoadLabelIds')]))
    np.testing.assert_array_equal(dataset[0]['gt_seg_map'], np.array(Image.open(tmp_path / 'labels/day_train/00.png')))
