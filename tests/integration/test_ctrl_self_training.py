"""Self-training of CTRL through the real runner."""

import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.toy_data import write_toy_data
from tests.helpers.small_depth import small_published
from tests.helpers.tiny import add_hook, assert_same, hook_of, load, train
from tests.helpers.two_ranks import run_on_two_ranks

STAGE1, NAME = 'ctrl/synthia2cs_7', 'ctrl/synthia2cs_7_self_training'


@HOOKS.register_module()
class RecordRates(Hook):
    """Keep the learning rate of each iteration, and for how many weights the optimizer has a momentum before it."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.momenta: list[int] = []

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        self.rates.append(runner.optim_wrapper.param_groups[0]['lr'])
        self.momenta.append(len(runner.optim_wrapper.optimizer.state))


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('data') / 'toy'
    return write_toy_data(folder, num_train=4, num_val=0, size=(96, 64), domains=('synthia', 'cityscapes'))


def self_training(data: Path, folder: Path, **options) -> Config:
    """Two iterations, and labels before each of them."""
    cfg = small_published(data, folder / 'self_training', NAME, **options)
    (labels,) = cfg.custom_hooks
    labels.interval = 1
    labels.labeler.threshold = 0.01
    return add_hook(cfg, type='RecordRates')


@pytest.fixture(scope='module')
def folder(data, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('runs')
    train(small_published(data, folder / 'stage1', STAGE1))
    return folder


@pytest.fixture(scope='module')
def run(data, folder) -> Runner:
    return train(self_training(data, folder, load_from=str(folder / 'stage1' / 'iter_2.pth')))


def test_it_starts_from_stage_1_and_trains_the_main_classes(folder, run):
    first, second = (load(folder / name / 'iter_2.pth')['state_dict'] for name in ('stage1', 'self_training'))
    change = {name: float((second[name] - first[name]).float().norm()) for name in second}
    assert change['student.decode_head.classifier.branches.0.weight'] > 1e-5
    decay = 2.5e-3 * 5e-4 * 4  # of the weights alone, in two iterations with momentum
    for name in ('refined_classifier.branches.0.weight', 'depth.branches.0.weight'):
        key = f'student.decode_head.{name}'
        assert change[key] <= decay * float(first[key].norm())


def test_labels_are_made_anew_and_training_goes_on(run):
    recorder = hook_of(run, 'RecordRates')
    assert sorted(path.name for path in Path(run.work_dir, 'pseudo_labels').glob('iter_*')) == ['iter_0', 'iter_1']
    assert recorder.momenta[0] == 0 < recorder.momenta[1]
    assert recorder.rates == pytest.approx([2.5e-4, 2.5e-4 * (1 - 1 / 36) ** 0.9])  # 90k of 5k: 18 times two iterations


def weights_on_a_rank(rank: int, data: str, folder: str) -> dict[str, torch.Tensor]:
    os.environ['LOCAL_RANK'] = str(rank)
    model = train(self_training(Path(data), Path(folder), launcher='pytorch')).model
    state = (model.module if is_model_wrapper(model) else model).state_dict()
    return {name: value for name, value in state.items() if 'running' not in name}


def test_two_ranks_train_alike(data, tmp_path):
    first, second = run_on_two_ranks(weights_on_a_rank, str(data), str(tmp_path))
    assert_same(first, second, 'ranks')
