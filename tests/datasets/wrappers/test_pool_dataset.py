import itertools
import random

import numpy as np
import pytest
import torch
from mmengine.runner import Runner
from mmseg.registry import DATA_SAMPLERS, DATASETS

from mmuda.datasets import PoolIndex, PoolSampler
from mmuda.datasets.samplers import resumable_sampler
from tests.helpers.published import write_camvid, write_label

NUM_SOURCE, NUM_TARGET = 3, 2
PIPELINE = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(20, 16)),
    dict(type='HardSampleCrop', crop_size=(8, 8)),
    dict(type='HorizontalFlip'),
    dict(type='PackSegInputs'),
]


@pytest.fixture
def config(tmp_path):
    write_camvid(tmp_path, 'day_train', NUM_SOURCE)
    write_camvid(tmp_path, 'dusk_train', NUM_TARGET)
    for index in range(NUM_TARGET):
        write_label(tmp_path / f'store/{index:02d}.png', np.full((12, 16), 3, np.uint8), 'gray')
    camvid = dict(type='CamVidDataset', data_root=str(tmp_path))
    target = dict(camvid, data_prefix=dict(img_path='images/dusk_train', seg_map_path='labels/dusk_train'))
    return dict(
        type='PoolDataset',
        source=dict(camvid, pipeline=PIPELINE),
        target=dict(type='PseudoLabelDataset', dataset=target, pipeline=PIPELINE, store=str(tmp_path / 'store')),
    )


def test_source_images_come_first(config):
    dataset = DATASETS.build(config)
    samples = [dataset[index]['data_samples']['pool'] for index in range(len(dataset))]
    assert [sample.domain for sample in samples] == ['source'] * NUM_SOURCE + ['target'] * NUM_TARGET
    assert [sample.img_path[-16:] for sample in samples] == [
        'day_train/00.jpg',
        'day_train/01.jpg',
        'day_train/02.jpg',
        'usk_train/00.jpg',
        'usk_train/01.jpg',
    ]


def test_pool_without_source(config):
    dataset = DATASETS.build(dict(config, source=None))
    assert len(dataset) == NUM_TARGET and dataset.metainfo == dataset.target.metainfo
    assert {dataset[index]['data_samples']['pool'].domain for index in range(NUM_TARGET)} == {'target'}


def with_unlabeled(config: dict, pipeline: list[dict]) -> dict:
    return dict(config, unlabeled=dict(config['target']['dataset'], pipeline=pipeline))


def test_unlabeled_images_are_a_view_beside_the_pool(config):
    pipeline = [part for part in PIPELINE if part['type'] != 'LoadLabelIds']
    dataset = DATASETS.build(
        with_unlabeled(config, [dict(part, min_distinct=None) if 'Crop' in part['type'] else part for part in pipeline])
    )
    assert dataset.views == ('pool', 'target') and list(dataset.parts()) == ['source', 'target', 'unlabeled']
    draws = [dataset[PoolIndex(position, 0)] for position in range(8)]
    assert all(list(draw['inputs']) == ['pool', 'target'] for draw in draws)
    samples = [draw['data_samples']['target'] for draw in draws]
    assert {sample.img_path[-16:] for sample in samples} == {'usk_train/00.jpg', 'usk_train/01.jpg'}
    assert not any('gt_sem_seg' in sample for sample in samples)
    assert torch.equal(dataset[PoolIndex(5, 2)]['inputs']['target'], draws[5]['inputs']['target'])
    alone = DATASETS.build(config)
    assert torch.equal(alone[PoolIndex(5, 0)]['inputs']['pool'], draws[5]['inputs']['pool'])


def test_labels_of_the_unlabeled_view_are_refused(config):
    with pytest.raises(ValueError, match=r"PoolDataset: `unlabeled` is unlabeled, .* \['LoadLabelIds'\]. Remove"):
        DATASETS.build(with_unlabeled(config, PIPELINE))


def test_target_labels_are_the_pseudo_labels(config):
    labels = DATASETS.build(config)[NUM_SOURCE]['data_samples']['pool'].gt_sem_seg.data
    assert set(labels.unique().tolist()) <= {3, 255}


def test_selection_shortens_the_pool(config):
    dataset = DATASETS.build(config)
    dataset.source.select(1, seed=0)
    assert len(dataset) == 1 + NUM_TARGET
    assert dataset[1]['data_samples']['pool'].domain == 'target'


@pytest.mark.parametrize('index', [NUM_SOURCE + NUM_TARGET, -1])
def test_index_out_of_range(config, index):
    with pytest.raises(IndexError):
        DATASETS.build(config)[PoolIndex(0, index)]


def test_sample_depends_on_seed_position_and_index_only(config):
    dataset = DATASETS.build(config)
    first = dataset[PoolIndex(7, 0)]['inputs']['pool']
    dataset[PoolIndex(3, 4)]
    torch.rand(3), random.random(), np.random.rand()
    assert torch.equal(dataset[PoolIndex(7, 0)]['inputs']['pool'], first)


@pytest.mark.parametrize('seed, position', [(0, 8), (1, 7)])
def test_other_seed_or_position_gives_another_crop(config, seed, position):
    dataset = DATASETS.build(config)
    first = dataset[PoolIndex(7, 0)]['inputs']['pool']
    dataset.seed = seed
    assert not torch.equal(dataset[PoolIndex(position, 0)]['inputs']['pool'], first)


def test_target_without_pseudo_labels_is_refused(config):
    config['target'] = dict(config['target']['dataset'], pipeline=PIPELINE)
    with pytest.raises(TypeError, match='must be a PseudoLabelDataset, got CamVidDataset'):
        DATASETS.build(config)


def test_other_classes_are_refused(config):
    config['target']['dataset']['metainfo'] = dict(classes=['road', 'sky'], palette=[[0, 0, 0]] * 2)
    with pytest.raises(ValueError, match='PoolDataset'):
        DATASETS.build(config)


class Pool:
    """Stands for a PoolDataset of 5 images."""

    seed = None

    def __len__(self) -> int:
        return 5


def stream(sampler: PoolSampler, count: int) -> list[PoolIndex]:
    return list(itertools.islice(sampler, count))


def test_every_epoch_has_every_image_once():
    indices = [draw.index for draw in stream(PoolSampler(Pool(), seed=0), 15)]
    assert [sorted(indices[epoch : epoch + 5]) for epoch in (0, 5, 10)] == [list(range(5))] * 3
    assert indices[:5] != indices[5:10]


def test_positions_count_up():
    assert [draw.position for draw in stream(PoolSampler(Pool(), seed=0), 7)] == list(range(7))


def test_starting_at_a_position_equals_skipping_to_it():
    skipped = stream(PoolSampler(Pool(), seed=3), 30)[17:]
    sampler = PoolSampler(Pool(), seed=3)
    sampler.set_position(17)
    assert stream(sampler, 13) == skipped


def test_far_positions_need_no_walk():
    sampler = PoolSampler(Pool(), seed=3)
    sampler.set_position(10**12)
    assert next(iter(sampler)).position == 10**12


def test_round_begins_with_an_epoch_of_its_own():
    sampler = PoolSampler(Pool(), seed=3)
    first = [draw.index for draw in stream(sampler, 5)]
    sampler.start_round(1, position=7)
    sampler.set_position(7)
    second = stream(sampler, 5)
    assert [draw.position for draw in second] == list(range(7, 12))
    assert sorted(draw.index for draw in second) == list(range(5))
    assert [draw.index for draw in second] != first


@pytest.mark.parametrize('change', [lambda sampler: sampler.set_seed(4), lambda sampler: sampler.start_round(1, 0)])
def test_other_seed_or_round_gives_another_order(change):
    sampler = PoolSampler(Pool(), seed=3)
    first = stream(sampler, 20)
    change(sampler)
    assert stream(sampler, 20) != first


def test_ranks_share_the_stream(monkeypatch):
    whole = stream(PoolSampler(Pool(), seed=3), 12)
    for rank in range(2):
        monkeypatch.setattr(resumable_sampler, 'get_dist_info', lambda rank=rank: (rank, 2))
        assert stream(PoolSampler(Pool(), seed=3), 6) == whole[rank::2]


def test_dataset_gets_the_seed():
    pool = Pool()
    PoolSampler(pool, seed=3)
    assert pool.seed == 3


@pytest.mark.parametrize('method', ['set_seed', 'set_position'])
def test_negative_numbers_are_refused(method):
    with pytest.raises(ValueError, match='PoolSampler: .* = -1, expected a non-negative integer'):
        getattr(PoolSampler(Pool(), seed=0), method)(-1)


@pytest.mark.parametrize('num_workers', [0, 2])
def test_batches_do_not_depend_on_workers(config, num_workers):
    loader = Runner.build_dataloader(
        dict(batch_size=2, num_workers=num_workers, sampler=dict(type='PoolSampler', seed=1), dataset=config), seed=0
    )
    dataset = DATASETS.build(config)
    draws = stream(DATA_SAMPLERS.build(dict(type='PoolSampler', seed=1), default_args=dict(dataset=dataset)), 6)
    want = torch.stack([dataset[draw]['inputs']['pool'] for draw in draws])
    got = [image for batch in itertools.islice(loader, 3) for image in batch['inputs']['pool']]
    assert torch.equal(torch.stack(got), want)


def test_pipeline_that_does_not_pack_is_named(config):
    config['source']['pipeline'] = config['source']['pipeline'][:-1]
    with pytest.raises(ValueError, match='PoolDataset: the pipeline of source gives .*PackSegInputs'):
        DATASETS.build(config)[0]
