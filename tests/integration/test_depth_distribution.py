"""Depth Distribution through the real runner: fit, stage 1, labels and stage 2, on one process and on two."""

import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from mmuda.toy_data import write_toy_data
from tests.helpers.small_depth import small_published
from tests.helpers.tiny import assert_same, load, train
from tests.helpers.two_ranks import run_on_two_ranks

pytest.importorskip('sklearn')
STAGE1, STAGE2 = 'depth_distribution/synthia2cs_7_640x320_stage1', 'depth_distribution/synthia2cs_7_640x320'


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('data') / 'toy'
    return write_toy_data(folder, num_train=4, num_val=0, size=(96, 64), domains=('synthia', 'cityscapes'))


def stage1(data: Path, folder: Path, **options) -> Config:
    cfg = small_published(data, folder / 'stage1', STAGE1, **options)
    cfg.custom_hooks[0].folder = str(folder / 'mixtures')
    return cfg


def stage2(data: Path, folder: Path, **options) -> Config:
    cfg = small_published(data, folder / 'stage2', STAGE2, **options)
    cfg.load_from = str(folder / 'stage1' / 'iter_2.pth')
    cfg.train_cfg.labels.labeler.threshold = 0.01
    return cfg


@pytest.fixture(scope='module')
def folder(data, tmp_path_factory) -> Path:
    """The work dirs of both stages, trained in one process."""
    folder = tmp_path_factory.mktemp('runs')
    train(stage1(data, folder))
    train(stage2(data, folder))
    return folder


def test_stage_2_starts_from_stage_1_and_trains_the_classes_alone(folder):
    first, second = (load(folder / name)['state_dict'] for name in ('stage1/iter_2.pth', 'stage2/round_0.pth'))
    changed = {name for name in second if not torch.equal(first[name], second[name])}
    assert any('backbone' in name for name in changed)
    heads = {name.split('.')[2] for name in changed if 'decode_head' in name}
    assert heads == {'classifier'}


def trained(runner: Runner) -> dict[str, torch.Tensor]:
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    return {name: value.clone() for name, value in model.state_dict().items() if 'running' not in name}


def both_stages_on_a_rank(rank: int, data: str, folder: str) -> list[dict[str, torch.Tensor]]:
    os.environ['LOCAL_RANK'] = str(rank)
    return [trained(train(stage(Path(data), Path(folder), launcher='pytorch'))) for stage in (stage1, stage2)]


def test_two_ranks_train_both_stages_alike(data, tmp_path):
    first, second = run_on_two_ranks(both_stages_on_a_rank, str(data), str(tmp_path))
    for stage in (0, 1):
        assert_same(first[stage], second[stage], f'stage {stage + 1}')
