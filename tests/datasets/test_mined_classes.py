import pytest
from mmseg.registry import DATASETS

from mmuda.datasets import set_mined_classes
from tests.helpers.published import write_camvid

LOAD = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]
CROPS = dict(
    cbst=dict(type='RareClassCrop', crop_size=8, nominal_size=16), crst=dict(type='CentredMiningCrop', crop_size=(8, 8))
)


def camvid(root, *pipeline: dict, split: str = 'day_train') -> dict:
    write_camvid(root, split, 2)
    return dict(
        type='CamVidDataset',
        data_root=str(root),
        pipeline=[*LOAD, *pipeline],
        data_prefix=dict(img_path=f'images/{split}', seg_map_path=f'labels/{split}'),
    )


def test_crops_of_a_data_set_are_told(tmp_path):
    dataset = DATASETS.build(camvid(tmp_path, CROPS['cbst']))
    set_mined_classes(dataset, [5, 2], [7])
    crop = dataset.pipeline.transforms[-1]
    assert (crop.mine_ids, crop.priority_ids) == ((5, 2), (7,))


def test_crop_without_priority_classes_gets_none(tmp_path):
    dataset = DATASETS.build(camvid(tmp_path, CROPS['crst']))
    set_mined_classes(dataset, [5], [7])
    crop = dataset.pipeline.transforms[-1]
    assert crop.mine_ids == (5,) and not hasattr(crop, 'priority_ids')


def test_nested_crops_are_found(tmp_path):
    nested = dict(type='RandomApply', transforms=[CROPS['cbst']])
    dataset = DATASETS.build(camvid(tmp_path, nested))
    set_mined_classes(dataset, [5])
    assert dataset.pipeline.transforms[-1].transforms.transforms[0].mine_ids == (5,)


def pair(root) -> object:
    pack = dict(type='PackSegInputs')
    target = camvid(root, split='dusk_train')
    pseudo = dict(type='PseudoLabelDataset', dataset=target, pipeline=[*LOAD, CROPS['crst'], pack])
    subset = dict(type='SubsetDataset', dataset=camvid(root, CROPS['cbst'], pack))
    return DATASETS.build(dict(type='ConcatDataset', datasets=[subset, pseudo]))


def test_wrappers_are_followed_down(tmp_path):
    dataset = pair(tmp_path)
    set_mined_classes(dataset, [3])
    subset, pseudo = dataset.datasets
    assert subset.dataset.pipeline.transforms[2].mine_ids == pseudo.pipeline.transforms[2].mine_ids == (3,)


def test_one_domain_alone_can_be_told(tmp_path):
    subset, pseudo = pair(tmp_path).datasets
    set_mined_classes(pseudo, [3])
    assert subset.dataset.pipeline.transforms[2].mine_ids == ()


def test_data_set_without_such_a_crop_is_named(tmp_path):
    with pytest.raises(ValueError, match='CamVidDataset has no crop that mines classes'):
        set_mined_classes(DATASETS.build(camvid(tmp_path)), [3])


@pytest.mark.parametrize('index', [-1, 255])
def test_class_that_is_none_is_named(tmp_path, index):
    with pytest.raises(ValueError, match=f'class {index} cannot be mined'):
        set_mined_classes(DATASETS.build(camvid(tmp_path, CROPS['cbst'])), [3], [index])
