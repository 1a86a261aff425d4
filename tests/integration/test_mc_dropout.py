"""Labels corrected by Monte-Carlo dropout in the shipped toy configs, through the real runner."""

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from mmuda.pseudo_labels import MCDropoutPredictor
from tests.helpers.tiny import hook_of, make_data, tiny_config, train
from tests.helpers.two_ranks import run_on_two_ranks

pytestmark = pytest.mark.integration

NUM_IMAGES, PASSES = 4, 3


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def start(data, tmp_path_factory) -> Path:
    """A checkpoint as an earlier stage leaves it; its classes differ from pixel to pixel."""
    folder = tmp_path_factory.mktemp('stage1')
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(tiny_config(data, folder, 'mc_dropout').model)
    for classifier in (model.decode_head.aux_classifier, model.decode_head.main_classifier):
        torch.nn.init.normal_(classifier.conv_seg.weight, std=2.0)
    torch.save(dict(state_dict=model.state_dict()), folder / 'start.pth')
    return folder / 'start.pth'


def config(data: Path, work_dir: Path, start: Path, name: str = 'mc_dropout', **options: Any) -> Config:
    cfg = tiny_config(data, work_dir, name, **options)
    cfg.load_from = str(start)
    cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook.type == 'PseudoLabelHook']
    hook = cfg.custom_hooks[0]
    hook.predictor.update(passes=PASSES, scales=[(96, 64)])
    hook.labeler = {key: value for key, value in hook.labeler.items() if 'threshold' not in key}
    loosen(hook.labeler)
    return cfg


def loosen(labeler: dict) -> None:
    """Thresholds that predictions of a network that has learned nothing reach in some pixels."""
    if labeler['type'] == 'NegativePassLabeler':
        loosen(labeler.setdefault('positive', dict(type='MeanStdPassLabeler')))
        labeler['max_std'] = 0.05
    else:
        labeler['threshold'] = 0.4


def files(work_dir: Path) -> dict[str, bytes]:
    root = work_dir / 'pseudo_labels'
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob('*') if path.is_file()}


@pytest.fixture(scope='module')
def run(data, start, tmp_path_factory) -> Path:
    """Work dir of a run of two iterations; not to be changed."""
    work_dir = tmp_path_factory.mktemp('run')
    runner = train(config(data, work_dir, start))
    assert runner.iter == 2 and hook_of(runner, 'PseudoLabelHook')
    return work_dir


def test_every_image_is_labeled(run):
    names = [name for name in files(run) if name.endswith('_leftImg8bit.png')]
    assert len(names) == 2 * NUM_IMAGES  # label and confidence


def train_and_kill(cfg: Config, passes: int) -> None:
    original, made = MCDropoutPredictor._pass, []

    def one_pass(*args: Any) -> Any:
        made.append(1)
        if len(made) == passes:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args)

    MCDropoutPredictor._pass = one_pass
    train(cfg)


@pytest.mark.parametrize('index', [0, 1, PASSES - 1])
def test_killed_in_a_pass_and_started_again_the_labels_are_the_same(data, start, run, tmp_path, index):
    passes = 2 * PASSES + index + 1  # of the third image
    process = multiprocessing.get_context('fork').Process(
        target=train_and_kill, args=(config(data, tmp_path, start), passes)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len([name for name in files(tmp_path) if 'confidence' in name]) == 2
    train(config(data, tmp_path, start))
    assert files(tmp_path) == files(run)


def label_on_rank(rank: int, data: str, start: str, work_dir: str) -> None:
    os.environ['LOCAL_RANK'] = str(rank)
    train(config(Path(data), Path(work_dir), Path(start), launcher='pytorch'))


def test_labels_do_not_depend_on_the_number_of_ranks(data, start, run, tmp_path):
    run_on_two_ranks(label_on_rank, str(data), str(start), str(tmp_path))
    assert files(tmp_path) == files(run)
