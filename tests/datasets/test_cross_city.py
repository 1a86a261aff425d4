import numpy as np
import pytest
from mmseg.registry import DATASETS

from mmuda.datasets.classes import CROSS_CITY_CLASSES
from tests.helpers.published import write_image, write_label

TRAIN, TEST = (
    dict(type='CrossCityDataset'),
    dict(type='CrossCityDataset', data_prefix=dict(img_path='Images/Test', seg_map_path='Labels/Test')),
)
PIPELINE = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]


def write_city(root, suffix: str = '.png') -> dict:
    """Three training and two test images of different sizes."""
    for index, size in enumerate([(4, 6), (5, 6), (4, 8)]):
        write_image(root / f'Images/Train/pano_{index:05d}_0_0{suffix}', np.zeros((*size, 3), np.uint8))
    for index, size in enumerate([(4, 6), (6, 8)]):
        write_image(root / f'Images/Test/pano_{index:05d}_2_180{suffix}', np.zeros((*size, 3), np.uint8))
        write_label(
            root / f'Labels/Test/pano_{index:05d}_2_180_eval.png', np.full(size, (7, 33)[index], np.uint8), 'gray'
        )
    (root / 'List').mkdir()
    (root / 'List/train.txt').write_text('pano_00002_0_0\npano_00000_0_0\n')
    return dict(data_root=str(root))


@pytest.mark.parametrize('suffix', ['.png', '.jpg', '.JPG'])
def test_training_images_are_found_without_labels(tmp_path, suffix):
    dataset = DATASETS.build(dict(TRAIN, pipeline=[], **write_city(tmp_path, suffix)))
    assert [info['img_path'] for info in dataset] == [
        str(tmp_path / f'Images/Train/pano_{index:05d}_0_0{suffix}') for index in range(3)
    ]
    assert 'seg_map_path' not in dataset[0]


def test_images_of_mixed_sizes_load_with_their_labels(tmp_path):
    dataset = DATASETS.build(dict(TEST, pipeline=PIPELINE, **write_city(tmp_path, '.jpg')))
    assert [sample['gt_seg_map'].shape for sample in dataset] == [(4, 6), (6, 8)]
    assert [np.unique(sample['gt_seg_map']).tolist() for sample in dataset] == [[0], [12]]


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_published_list_selects_images(tmp_path, suffix):
    dataset = DATASETS.build(dict(TRAIN, pipeline=[], ann_file='List/train.txt', **write_city(tmp_path, suffix)))
    names = [info['img_path'].rsplit('/')[-1] for info in dataset]
    assert names == [f'pano_{index:05d}_0_0{suffix}' for index in (2, 0)]


def test_suffix_can_be_chosen(tmp_path):
    config = write_city(tmp_path)
    write_image(tmp_path / 'Images/Train/other.jpg', np.zeros((4, 6, 3), np.uint8))
    assert len(DATASETS.build(dict(TRAIN, pipeline=[], img_suffix='.jpg', **config))) == 1


def test_it_is_the_target_of_cityscapes_in_13_classes(tmp_path):
    write_image(tmp_path / 'cs/leftImg8bit/train/a/a_0_leftImg8bit.png', np.zeros((4, 6, 3), np.uint8))
    write_label(tmp_path / 'cs/gtFine/train/a/a_0_gtFine_labelIds.png', np.full((4, 6), 27, np.uint8), 'gray')
    pack = dict(type='PackSegInputs')
    pair = DATASETS.build(
        dict(
            type='UDADataset',
            source=dict(
                type='CityscapesLabelIdsDataset',
                data_root=str(tmp_path / 'cs'),
                pipeline=[*PIPELINE, pack],
                metainfo=dict(classes=CROSS_CITY_CLASSES),
            ),
            target=dict(TRAIN, pipeline=[PIPELINE[0], pack], **write_city(tmp_path / 'rome')),
        )
    )
    assert pair[0]['data_samples']['source'].gt_sem_seg.data.unique().tolist() == [255]  # truck is none of the 13
