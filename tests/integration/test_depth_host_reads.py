"""No iteration of a method with entropy or depth waits for the device, beside what is written to the log."""

from pathlib import Path

import pytest
from mmengine.runner import Runner

from mmuda.engine.runner import UDATrainLoop
from mmuda.toy_data import write_toy_data
from tests.helpers.host_reads import HostReads
from tests.helpers.small_depth import small_published
from tests.helpers.tiny import train

NAMES = [
    'advent/gta2cs',
    'advent/gta2cs_minent',
    'advent/synthia2cs',
    'advent/synthia2cs_minent',
    'dada/synthia2cs',
    'advent/synthia2mapillary',
    'ctrl/synthia2cs',
    'ctrl/synthia2mapillary_self_training',
    'depth_distribution/synthia2cs_stage1',
    'depth_distribution/synthia2cs',
    'depth_distribution/synthia2mapillary_stage1',
]

# mmengine reads each logged value at once; counters of the steps of optimizers are never on the device
STOCK = ('mmengine/logging/message_hub.py', 'torch/optim/')


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('data') / 'toy'
    domains = ('gta', 'synthia', 'cityscapes', 'mapillary')
    return write_toy_data(folder, num_train=12, num_val=0, size=(96, 64), domains=domains)


@pytest.fixture
def reads(monkeypatch) -> list[list[str]]:
    """What each iteration of the runs of a test reads from the device, hooks included."""
    found: list[list[str]] = []
    run_iter = UDATrainLoop.run_iter

    def recorded(loop: UDATrainLoop, batch: dict) -> None:
        with HostReads(STOCK) as reads:
            run_iter(loop, batch)
        found.append(reads.found)

    monkeypatch.setattr(UDATrainLoop, 'run_iter', recorded)
    return found


def small_run(data: Path, folder: Path, name: str) -> Runner:
    cfg = small_published(data, folder / 'run', name)
    cfg.train_cfg['iterations' if 'iterations' in cfg.train_cfg else 'max_iters'] = 3
    for hook in cfg.custom_hooks:
        if hook.type == 'DepthDistributionHook':
            pytest.importorskip('sklearn')
            hook.update(folder=str(folder / 'mixtures'), number=200)
        if hook.type == 'PseudoLabelHook':
            hook.labeler.threshold = 0.01
    if 'labels' in cfg.train_cfg:
        cfg.train_cfg.labels.labeler.threshold = 0.01
    return train(cfg)


@pytest.mark.parametrize('name', NAMES)
def test_an_iteration_reads_nothing_from_the_device(data, tmp_path, reads, name):
    small_run(data, tmp_path, name)
    assert len(reads) == 3
    assert reads[1] == []  # the first one sets things up, the last one saves
