import itertools
from collections import Counter

import pytest
import torch
from mmengine.runner import Runner
from mmseg.registry import DATA_SAMPLERS

from mmuda.datasets import UDASampler
from mmuda.datasets.samplers import resumable_sampler
from tests.helpers.published import write_camvid

pytestmark = pytest.mark.integration

PIPELINE = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(20, 16)),
    dict(type='HardSampleCrop', crop_size=(8, 8)),
    dict(type='HorizontalFlip'),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]


class Sizes:
    """Stands for a UDADataset of 5 source and 7 target images."""

    source, target, seed = range(5), range(7), None

    def __len__(self) -> int:
        return 7


def stream(sampler: UDASampler, count: int) -> list:
    return list(itertools.islice(sampler, count))


def test_source_images_are_the_same_without_a_target():
    alone = Sizes()
    alone.target = None
    assert [(index.source, index.target) for index in stream(UDASampler(alone, seed=3), 30)] == [
        (index.source, None) for index in stream(UDASampler(Sizes(), seed=3), 30)
    ]


def test_positions_count_up():
    assert [index.position for index in stream(UDASampler(Sizes(), seed=0), 4)] == [0, 1, 2, 3]


def test_equal_seeds_give_equal_streams():
    assert stream(UDASampler(Sizes(), seed=3), 30) == stream(UDASampler(Sizes(), seed=3), 30)


def test_other_seeds_give_other_streams():
    assert stream(UDASampler(Sizes(), seed=3), 30) != stream(UDASampler(Sizes(), seed=4), 30)


def test_every_iteration_starts_at_the_position():
    sampler = UDASampler(Sizes(), seed=3)
    assert stream(sampler, 10) == stream(sampler, 10)


def test_starting_at_a_position_equals_skipping_to_it():
    skipped = stream(UDASampler(Sizes(), seed=3), 30)[17:]
    sampler = UDASampler(Sizes(), seed=3)
    sampler.set_position(17)
    assert stream(sampler, 13) == skipped


def test_far_positions_need_no_walk():
    sampler = UDASampler(Sizes(), seed=3)
    sampler.set_position(10**12)
    assert next(iter(sampler)).position == 10**12


@pytest.mark.parametrize('world_size', [2, 3])
def test_ranks_share_the_stream(monkeypatch, world_size):
    whole = stream(UDASampler(Sizes(), seed=3), 12)
    for rank in range(world_size):
        monkeypatch.setattr(resumable_sampler, 'get_dist_info', lambda rank=rank: (rank, world_size))
        assert stream(UDASampler(Sizes(), seed=3), 12 // world_size) == whole[rank::world_size]


def test_pairs_are_uniform():
    draws = stream(UDASampler(Sizes(), seed=0), 7000)
    counts = Counter((index.source, index.target) for index in draws)
    assert len(counts) == 35
    chi_square = sum((count - 200) ** 2 / 200 for count in counts.values())
    assert chi_square < 60  # 34 degrees of freedom: above 60 in 0.4 % of the seeds


def test_target_does_not_depend_on_the_number_of_source_images():
    other = Sizes()
    other.source = range(1000)
    targets = [[index.target for index in stream(UDASampler(data, seed=0), 20)] for data in (Sizes(), other)]
    assert targets[0] == targets[1]


def test_seed_is_handed_to_the_data_set():
    dataset = Sizes()
    sampler = UDASampler(dataset, seed=5)
    assert dataset.seed == 5
    sampler.set_seed(6)
    assert dataset.seed == 6


def test_seed_none_is_drawn():
    sampler = DATA_SAMPLERS.build(dict(type='UDASampler', dataset=Sizes(), seed=None))
    assert sampler.seed >= 0


@pytest.mark.parametrize('method', ['set_seed', 'set_position'])
def test_negative_numbers_are_refused(method):
    with pytest.raises(ValueError, match='= -1, expected a non-negative integer'):
        getattr(UDASampler(Sizes(), seed=0), method)(-1)


def batches(config: dict, count: int, workers: int = 0, position: int = 0) -> list[torch.Tensor]:
    loader = Runner.build_dataloader(
        dict(dataset=config, sampler=dict(type='UDASampler'), batch_size=2, num_workers=workers), seed=11
    )
    loader.sampler.set_position(position)
    return [
        torch.stack(batch['inputs']['source'] + batch['inputs']['target']) for batch in itertools.islice(loader, count)
    ]


@pytest.fixture
def config(tmp_path):
    write_camvid(tmp_path, 'day_train', 3)
    write_camvid(tmp_path, 'dusk_train', 4)
    parts = {
        view: dict(
            type='CamVidDataset',
            data_root=str(tmp_path),
            pipeline=PIPELINE,
            data_prefix=dict(img_path=f'images/{split}'),
        )
        for view, split in (('source', 'day_train'), ('target', 'dusk_train'))
    }
    return dict(type='UDADataset', **parts)


def test_samples_do_not_depend_on_the_number_of_workers(config):
    torch.testing.assert_close(batches(config, 4, workers=2), batches(config, 4), rtol=0, atol=0)


def test_loading_from_a_position_equals_loading_and_skipping(config):
    torch.testing.assert_close(batches(config, 2, position=6), batches(config, 5)[3:], rtol=0, atol=0)


def test_data_set_is_seeded_by_the_sampler_of_the_runner(config):
    loader = Runner.build_dataloader(
        dict(dataset=config, sampler=dict(type='UDASampler'), batch_size=1, num_workers=0), seed=11
    )
    assert loader.dataset.seed == 11
