"""Validation during training on two ranks."""

import os
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from tests.helpers.tiny import add_hook, hook_of, load, make_data, tiny_self_training_config, train
from tests.helpers.two_ranks import run_on_two_ranks

pytestmark = pytest.mark.integration

STATISTICS = 'student.backbone.bn1.running_mean'


@HOOKS.register_module()
class RecordStatistics(Hook):
    """A running mean after the last iteration, while validating, and at the end."""

    def __init__(self) -> None:
        self.seen: dict[str, torch.Tensor] = {}

    def record(self, runner: Runner, when: str) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        self.seen[when] = model.state_dict()[STATISTICS].clone()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        self.record(runner, 'trained')

    def before_val_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        self.record(runner, 'validated')

    def after_train(self, runner: Runner) -> None:
        self.record(runner, 'ended')


def train_on_rank(rank: int, data: str, work_dir: str) -> dict[str, torch.Tensor]:
    os.environ['LOCAL_RANK'] = str(rank)
    cfg = tiny_self_training_config(Path(data), Path(work_dir), launcher='pytorch', train_cfg__num_rounds=1)
    return hook_of(train(add_hook(cfg, type='RecordStatistics')), 'RecordStatistics').seen


@pytest.fixture(scope='module')
def work_dir(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp('run')


@pytest.fixture(scope='module')
def ranks(work_dir) -> list[dict[str, torch.Tensor]]:
    return run_on_two_ranks(train_on_rank, str(make_data(work_dir)), str(work_dir))


def test_all_ranks_validate_what_the_checkpoint_holds(ranks, work_dir):
    want = load(work_dir / 'round_0.pth')['state_dict'][STATISTICS]
    assert not torch.equal(ranks[1]['trained'], want), 'else this proves nothing'
    for rank in ranks:
        assert torch.equal(rank['validated'], want)


def test_each_rank_goes_on_with_its_own_statistics(ranks):
    for rank in ranks:
        assert torch.equal(rank['ended'], rank['trained'])
