"""Methods with a teacher through the real runner: DACS, and MRNet with ClassMix."""

import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import is_model_wrapper

from tests.helpers.tiny import Killed, add_hook, assert_same, hook_of, load, make_data, small_dacs_config, train
from tests.helpers.two_ranks import run_on_two_ranks

KILLED, END = 2, 4


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def small_run(data: Path, work_dir: Path, name: str = 'dacs', **options) -> Config:
    return small_dacs_config(
        data,
        work_dir,
        name,
        default_hooks__checkpoint__interval=KILLED,
        default_hooks__checkpoint__max_keep_ckpts=-1,
        **{'train_cfg__max_iters': END, **options},
    )


@pytest.fixture(scope='module')
def whole(data, tmp_path_factory) -> Path:
    """The work dir of a run that nothing disturbed."""
    work_dir = tmp_path_factory.mktemp('whole')
    train(small_run(data, work_dir))
    return work_dir


@pytest.fixture(scope='module')
def resumed(data, tmp_path_factory) -> Path:
    """The work dir of a run that was ended and resumed."""
    work_dir = tmp_path_factory.mktemp('resumed')
    with pytest.raises(Killed):
        train(add_hook(small_run(data, work_dir), type='KillAt', iteration=KILLED))
    train(small_run(data, work_dir, resume=True))
    return work_dir


@pytest.mark.parametrize('key', ['state_dict', 'optimizer', 'teacher', 'samples_drawn'])
def test_resumed_checkpoint_equals_that_of_an_undisturbed_run(whole, resumed, key):
    got, want = (load(folder / f'iter_{END}.pth') for folder in (resumed, whole))
    assert_same(got[key], want[key], key)


def test_teacher_moves_after_the_kill(whole):
    """Else the test above proves nothing."""
    before, after = (load(whole / f'iter_{iteration}.pth')['teacher'] for iteration in (KILLED, END))
    assert (before['updates'], after['updates']) == (KILLED, END)
    for name in ('backbone.conv1.weight', 'backbone.bn1.running_mean'):
        assert not torch.equal(before['state_dict'][name], after['state_dict'][name])


def test_teacher_is_neither_in_the_models_state_nor_the_students_equal(whole):
    checkpoint = load(whole / f'iter_{END}.pth')
    teacher = checkpoint['teacher']['state_dict']
    assert list(checkpoint['state_dict']) == [f'student.{name}' for name in teacher] + [
        name for name in checkpoint['state_dict'] if name.startswith('objectives.')
    ]
    assert not torch.equal(teacher['backbone.conv1.weight'], checkpoint['state_dict']['student.backbone.conv1.weight'])


def test_resuming_a_run_without_teacher_is_refused(data, whole, tmp_path):
    checkpoint = load(whole / f'iter_{KILLED}.pth')
    del checkpoint['teacher']
    torch.save(checkpoint, tmp_path / 'none.pth')
    with pytest.raises(RuntimeError, match='the checkpoint has no teacher'):
        train(small_run(data, tmp_path, resume=True, load_from=str(tmp_path / 'none.pth')))


def test_training_without_the_hook_is_refused(data, tmp_path):
    cfg = small_run(data, tmp_path)
    del cfg.default_hooks['teacher']
    with pytest.raises(RuntimeError, match='needs a teacher and there is none: set default_hooks.teacher'):
        train(cfg)


def test_gradient_accumulation_moves_the_teacher_with_the_student(data, tmp_path):
    runner = train(small_run(data, tmp_path, optim_wrapper__accumulative_counts=2))
    assert hook_of(runner, 'TeacherHook').updates == END // 2


def test_mrnet_with_classmix_trains_on_the_terms_of_both(data, tmp_path):
    runner = train(small_run(data, tmp_path, 'mrnet_classmix', train_cfg__max_iters=2))
    scalars = runner.message_hub.log_scalars
    for term in ('source.loss_main', 'adversarial.loss_main', 'memory.loss', 'classmix.loss_main', 'classmix.loss_aux'):
        assert float(scalars[f'train/{term}'].current()) >= 0


def train_on_rank(rank: int, data: str, work_dir: str) -> tuple[dict, dict]:
    os.environ['LOCAL_RANK'] = str(rank)
    runner = train(small_run(Path(data), Path(work_dir), launcher='pytorch', train_cfg__max_iters=KILLED))
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    return dict(model.student.named_parameters()), dict(hook_of(runner, 'TeacherHook').teacher.named_parameters())


def test_teacher_is_the_same_on_two_ranks(data, tmp_path):
    (students, teachers), (others, other_teachers) = run_on_two_ranks(train_on_rank, str(data), str(tmp_path))
    assert_same(other_teachers, teachers)
    assert_same(others, students)
    assert not torch.equal(teachers['backbone.conv1.weight'], students['backbone.conv1.weight'])
