"""Two processes on the CPU against one process with the whole batch (through the launcher: test_tools.py)."""

import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import is_model_wrapper

from tests.helpers.tiny import Killed, add_hook, hook_of, load, make_data, tiny_config, train
from tests.helpers.two_ranks import run_on_two_ranks

STEPS = 3


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def equality_config(data: str, work_dir: str, batch_size: int, class_balance: bool, **options) -> Config:
    """MRNet without anything that may differ between ranks and the whole batch."""
    cfg = tiny_config(
        Path(data),
        Path(work_dir),
        train_dataloader__batch_size=batch_size,
        model__segmentor__backbone__norm_eval=True,
        model__segmentor__decode_head__dropout_ratio=0.0,
        param_scheduler__warmup_iters=0,
        **{'default_hooks__checkpoint__interval': 1000, 'train_cfg__max_iters': STEPS, **options},
    )
    supervision, adversarial, memory = cfg.model.objectives
    if not class_balance:
        supervision.class_weights = None
    adversarial.weights = dict(aux=0.1, main=0.2)  # large enough to be seen
    memory.begin = 1
    cfg.train_dataloader.dataset.source.pipeline.insert(-1, dict(type='IgnoreRows'))
    return cfg


def weights_after_training(cfg: Config) -> dict[str, torch.Tensor]:
    """Student, objectives and discriminators."""
    runner = train(cfg)
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    discriminators = hook_of(runner, 'DiscriminatorHook').discriminators.state_dict(prefix='discriminators.')
    return {**model.state_dict(), **discriminators}


def test_the_compared_steps_move_everything(data, tmp_path):
    """Else the comparison below proves nothing."""
    steps = [weights_after_training(equality_config(data, tmp_path, 2, True, train_cfg__max_iters=n)) for n in (2, 4)]
    for part in ('student.backbone', 'student.decode_head.aux', 'discriminators.aux', 'discriminators.main'):
        assert (
            max(float((steps[0][name] - steps[1][name]).abs().max()) for name in steps[0] if name.startswith(part))
            > 1e-4
        ), part


def train_on_rank(rank: int, data: str, work_dir: str) -> list[dict[str, torch.Tensor]]:
    os.environ['LOCAL_RANK'] = str(rank)
    return [
        weights_after_training(equality_config(data, work_dir, 1, class_balance, launcher='pytorch'))
        for class_balance in (False, True)
    ]


@pytest.fixture(scope='module')
def ranks(data, tmp_path_factory) -> list[list[dict[str, torch.Tensor]]]:
    return run_on_two_ranks(train_on_rank, str(data), str(tmp_path_factory.mktemp('two')))


@pytest.mark.parametrize('class_balance', [False, True], ids=['plain', 'class balance'])
def test_two_ranks_equal_one_process_with_the_whole_batch(data, ranks, tmp_path, class_balance):
    """The labels of every sample are ignored in another number of rows: the ranks have other normalizers."""
    one = weights_after_training(equality_config(data, tmp_path, 2, class_balance))
    first, second = (results[class_balance] for results in ranks)
    for name, want in one.items():
        torch.testing.assert_close(first[name], want, rtol=0, atol=1e-5, msg=lambda text, name=name: f'{name}: {text}')
        assert torch.equal(first[name], second[name]), name


def accumulate_on_rank(rank: int, data: str, folder: str) -> list[dict[str, torch.Tensor]]:
    """Weights of a run, and of one that was ended between two steps of the optimizer and resumed."""
    os.environ['LOCAL_RANK'] = str(rank)

    def config(name: str, **options) -> Config:
        return equality_config(
            data,
            f'{folder}/{name}',
            1,
            True,
            launcher='pytorch',
            train_cfg__max_iters=6,
            optim_wrapper__accumulative_counts=3,
            default_hooks__checkpoint__interval=2,
            **options,
        )

    whole = weights_after_training(config('whole'))
    with pytest.raises(Killed):
        train(add_hook(config('run'), type='KillAt', iteration=4))
    resumed = weights_after_training(config('run', resume=True))
    return [whole, resumed]


def test_two_ranks_resume_exactly_between_two_steps(data, tmp_path):
    """Until then each rank has gradients of its own."""
    for whole, resumed in run_on_two_ranks(accumulate_on_rank, str(data), str(tmp_path)):
        for name, want in whole.items():
            assert torch.equal(resumed[name], want), name
    checkpoint = load(tmp_path / 'whole' / 'iter_6.pth')
    assert checkpoint['samples_drawn'] == 6 * 1 * 2  # iterations, batch size, ranks
    assert set(checkpoint['discriminators']) == {'aux', 'main'}
