"""ADVENT, MinEnt, DADA and CTRL on toy data through the real runner; resuming and two processes for DADA."""

import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import is_model_wrapper

from mmuda.toy_data import write_toy_data
from tests.helpers.tiny import Killed, add_hook, assert_same, hook_of, load, tiny_config, train
from tests.helpers.two_ranks import run_on_two_ranks

KILLED, END = 2, 4
DISCRIMINATORS = dict(advent={'aux', 'main'}, minent=set(), dada={'main'}, ctrl={'joint'})


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('data') / 'toy'
    return write_toy_data(folder, num_train=4, num_val=2, size=(96, 64), domains=('gta', 'synthia', 'cityscapes'))


def small_run(data: Path, work_dir: Path, name: str, **options) -> Config:
    cfg = tiny_config(data, work_dir, name, **{'default_hooks__checkpoint__interval': KILLED, **options})
    if name in ('dada', 'ctrl'):
        head = cfg.model.segmentor.decode_head
        head.pop('channels')  # tiny_config sets it for a head with a bottleneck
        head.update(in_channels=64, in_index=1, hidden_channels=16, depth_channels=8)
    return cfg


@pytest.mark.parametrize('name', DISCRIMINATORS)
def test_two_iterations(data, tmp_path, name):
    runner = train(small_run(data, tmp_path, name))
    checkpoint = load(tmp_path / 'iter_2.pth')
    assert set(checkpoint.get('discriminators', {})) == DISCRIMINATORS[name]
    assert all(value.isfinite().all() for value in checkpoint['state_dict'].values())
    model = runner.model
    with torch.no_grad():
        prediction = model.encode_decode(
            torch.zeros(1, 3, 64, 96), [dict(img_shape=(64, 96), ori_shape=(128, 192), pad_shape=(64, 96))]
        )
    assert prediction.shape == (1, model.num_classes, 128, 192)  # resized once, to the size of the original


@pytest.fixture(scope='module')
def whole(data, tmp_path_factory) -> Path:
    """The work dir of a run that nothing disturbed."""
    work_dir = tmp_path_factory.mktemp('whole')
    train(small_run(data, work_dir, 'dada', train_cfg__max_iters=END))
    return work_dir


@pytest.fixture(scope='module')
def resumed(data, tmp_path_factory) -> Path:
    """The work dir of a run that was ended and resumed."""
    work_dir = tmp_path_factory.mktemp('resumed')
    with pytest.raises(Killed):
        train(add_hook(small_run(data, work_dir, 'dada', train_cfg__max_iters=END), type='KillAt', iteration=KILLED))
    train(small_run(data, work_dir, 'dada', train_cfg__max_iters=END, resume=True))
    return work_dir


@pytest.mark.parametrize('key', ['state_dict', 'optimizer', 'discriminators', 'samples_drawn'])
def test_resumed_checkpoint_equals_that_of_an_undisturbed_run(whole, resumed, key):
    got, want = (load(folder / f'iter_{END}.pth') for folder in (resumed, whole))
    assert_same(got[key], want[key], key)


def weights_after_training(rank: int | None, data: str, work_dir: str) -> dict[str, torch.Tensor]:
    """Student and discriminator; the whole batch in one process, or an image of each domain per rank."""
    options = dict(launcher='pytorch') if rank is not None else {}
    if rank is not None:
        os.environ['LOCAL_RANK'] = str(rank)
    cfg = small_run(
        Path(data),
        Path(work_dir),
        'dada',
        train_dataloader__batch_size=2 if rank is None else 1,
        model__segmentor__backbone__norm_eval=True,
        param_scheduler__warmup_iters=0,
        default_hooks__checkpoint__interval=1000,
        **options,
    )
    supervision, depth, adversarial = cfg.model.objectives
    supervision.class_weights = None
    depth.loss = dict(type='BerHuLoss', threshold=1.0)  # linear: the largest error of a rank is its own
    adversarial.weights = dict(main=0.1)
    runner = train(cfg)
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    discriminators = hook_of(runner, 'DiscriminatorHook').discriminators.state_dict(prefix='discriminators.')
    return {**model.state_dict(), **discriminators}


def test_two_ranks_train_as_one_process_with_the_whole_batch(data, tmp_path):
    ranks = run_on_two_ranks(weights_after_training, str(data), str(tmp_path / 'two'))
    want = weights_after_training(None, str(data), str(tmp_path / 'one'))
    assert_same(ranks[0], ranks[1], 'ranks')
    assert list(ranks[0]) == list(want)
    for name, value in want.items():
        assert torch.allclose(ranks[0][name], value, rtol=1e-4, atol=1e-5), name
