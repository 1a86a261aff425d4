import pickle

import numpy as np
import pytest
from mmseg.registry import DATASETS

from mmuda.datasets.wrappers.mined_classes import MinedClasses, with_first_transform
from tests.helpers.published import write_camvid, write_label

LOAD = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]
PACK = dict(type='PackSegInputs')
RARE = dict(type='RareClassCrop', crop_size=8, nominal_size=16, scale_range=(1.0, 1.0), mine_chance=1.0, flip=False)
CENTERED = dict(type='CenteredMiningCrop', crop_size=(8, 8), scales=(1.0,), mine_chance=1.0)


def camvid(root, *pipeline: dict, split: str = 'day_train') -> dict:
    write_camvid(root, split, 2)
    return dict(
        type='CamVidDataset',
        data_root=str(root),
        pipeline=[*LOAD, *pipeline],
        data_prefix=dict(img_path=f'images/{split}', seg_map_path=f'labels/{split}'),
    )


def pool(root, crop: dict, wrap=lambda source: source):
    """Source with the crop of CBST, target with ``crop``; the target's labels are 7, and 3 in one pixel."""
    label = np.full((12, 16), 7, np.uint8)
    label[6, 9] = 3
    for index in range(2):
        write_label(root / f'store/{index:02d}.png', label, 'gray')
    target = camvid(root, split='dusk_train')
    return DATASETS.build(
        dict(
            type='PoolDataset',
            source=wrap(camvid(root, RARE, PACK)),
            target=dict(
                type='PseudoLabelDataset', dataset=target, pipeline=[*LOAD, crop, PACK], store=str(root / 'store')
            ),
        )
    )


class Told:
    """A transform that notes which classes the samples name."""

    def __init__(self) -> None:
        self.keys: list[dict] = []

    def __call__(self, results: dict) -> dict:
        self.keys.append({key: results[key] for key in ('mine_ids', 'priority_ids') if key in results})
        return results


def listen(dataset) -> Told:
    told = Told()
    dataset.pipeline.transforms.insert(1, told)
    return told


def test_samples_of_both_domains_name_the_mined_classes(tmp_path):
    dataset = pool(tmp_path, RARE)
    told = [listen(part) for part in (dataset.source.dataset, dataset.target)]
    dataset.mine([5, 2], [7])
    for index in range(len(dataset)):
        dataset[index]
    assert told[0].keys == told[1].keys == [dict(mine_ids=(5, 2), priority_ids=(7,))] * 2


def test_samples_name_no_classes_before_some_are_mined(tmp_path):
    dataset = pool(tmp_path, RARE)
    told = listen(dataset.target)
    dataset[2]
    assert told.keys == [{}]


def test_target_alone_can_be_mined(tmp_path):
    dataset = pool(tmp_path, RARE)
    told = [listen(part) for part in (dataset.source.dataset, dataset.target)]
    dataset.mine([3], in_source=False)
    dataset[0], dataset[2]
    assert (told[0].keys, told[1].keys) == ([{}], [dict(mine_ids=(3,), priority_ids=())])


@pytest.mark.parametrize('crop', [RARE, CENTERED], ids=['RareClassCrop', 'CenteredMiningCrop'])
def test_crops_look_for_the_classes_of_the_sample(tmp_path, crop):
    dataset = pool(tmp_path, crop)

    def rare() -> list[bool]:
        """Whether the one pixel of class 3 is in the crop, for ten draws."""
        dataset.seed += 1
        labels = []
        for seed in range(10):
            dataset.seed = seed
            labels.append(dataset[2]['data_samples']['pool'].gt_sem_seg.data)
        return [bool((label == 3).any()) for label in labels]

    assert not all(rare())
    dataset.mine([3])
    assert all(rare())


def test_priority_classes_go_first_in_crops_that_know_them(tmp_path):
    crop = DATASETS.build(camvid(tmp_path, RARE)).pipeline.transforms[-1]
    label = np.full((32, 32), 7, np.uint8)
    label[16, 16] = 3
    results = dict(img=np.zeros((32, 32, 3), np.uint8), gt_seg_map=label, mine_ids=(7,), priority_ids=(3,))
    for seed in range(5):
        np.random.seed(seed)
        assert crop(dict(results))['gt_seg_map'][4, 4] == 3


@pytest.mark.parametrize(
    'wrap',
    [
        lambda source: dict(type='RepeatDataset', times=1, dataset=source),
        lambda source: dict(type='ConcatDataset', datasets=[source, source]),
        lambda source: dict(type='SubsetDataset', dataset=source),
    ],
)
def test_wrappers_are_followed_down(tmp_path, wrap):
    dataset = pool(tmp_path, RARE, wrap)
    inner = dataset.source.dataset
    for part in getattr(inner, 'datasets', None) or [inner.dataset]:
        assert part.pipeline.transforms[0] is dataset._mined['source']


def test_configs_stay_as_they_are(tmp_path):
    config = camvid(tmp_path, RARE)
    with_first_transform(dict(type='RepeatDataset', dataset=config), MinedClasses())
    assert config['pipeline'] == [*LOAD, RARE]


def test_workers_get_the_classes(tmp_path):
    dataset = pool(tmp_path, RARE)
    dataset.mine([3])
    copied = pickle.loads(pickle.dumps(dataset))
    assert copied.target.pipeline.transforms[0]({}) == dict(mine_ids=(3,), priority_ids=())


@pytest.mark.parametrize('index', [-1, 255])
def test_class_that_is_none_is_named(tmp_path, index):
    with pytest.raises(ValueError, match=f'class {index} cannot be mined'):
        pool(tmp_path, RARE).mine([3], [index])
