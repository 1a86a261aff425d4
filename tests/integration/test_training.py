"""Resuming: N + M iterations equal N, an end in the middle, resume, M; bit for bit on a CPU."""

import shutil
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmuda.datasets import UDADataset
from mmuda.pseudo_labels import PseudoLabelStore
from tests.helpers.tiny import (
    REPO,
    Killed,
    add_hook,
    assert_same,
    load,
    make_data,
    opened_files,
    run_tool,
    tiny_config,
    train,
)

KILLED, END = 2, 4
STATE = ('state_dict', 'optimizer', 'param_schedulers', 'samples_drawn')


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def stage1(data: Path, work_dir: Path, **options) -> Config:
    """MRNet whose memory term starts with the iteration after the kill."""
    cfg = tiny_config(
        data,
        work_dir,
        default_hooks__checkpoint__interval=KILLED,
        default_hooks__checkpoint__max_keep_ckpts=-1,
        **{'train_cfg__max_iters': END, **options},
    )
    cfg.model.objectives[-1].begin = KILLED
    cfg.param_scheduler.warmup_iters = 3
    return add_hook(cfg, type='RecordImages')


def images(work_dir: Path) -> list[str]:
    return (work_dir / 'images.txt').read_text().splitlines()


@pytest.fixture(scope='module')
def whole(data, tmp_path_factory) -> Path:
    """The work dir of a run that nothing disturbed."""
    work_dir = tmp_path_factory.mktemp('whole')
    train(stage1(data, work_dir))
    return work_dir


@pytest.fixture(scope='module', params=[0, 1], ids=['in process', 'one worker'])
def resumed(request, data, tmp_path_factory) -> Path:
    """The work dir of a run that was ended and resumed."""
    work_dir = tmp_path_factory.mktemp('resumed')
    options = dict(train_dataloader__num_workers=request.param)
    with pytest.raises(Killed):
        train(add_hook(stage1(data, work_dir, **options), type='KillAt', iteration=KILLED))
    train(stage1(data, work_dir, resume=True, **options))
    return work_dir


@pytest.mark.parametrize('key', [*STATE, 'discriminators'])
def test_resumed_checkpoint_equals_that_of_an_undisturbed_run(whole, resumed, key):
    got, want = (load(folder / f'iter_{END}.pth') for folder in (resumed, whole))
    assert_same(got[key], want[key], key)


def test_resumed_run_sees_the_same_crops_in_the_same_order(whole, resumed):
    assert images(resumed) == images(whole)


def test_what_resuming_must_restore_changes_after_the_kill(whole):
    """Else the tests above prove nothing."""
    before, after = (load(whole / f'iter_{iteration}.pth') for iteration in (KILLED, END))
    absence = 'objectives.0.class_weights.absence'
    assert not torch.equal(before['state_dict'][absence], after['state_dict'][absence])
    for name, discriminator in before['discriminators'].items():
        assert discriminator['optimizer']['state'], name
        assert discriminator['schedulers'] != after['discriminators'][name]['schedulers']
    assert len(set(images(whole))) == END


def test_sigkill_and_resume_by_the_command_line(data, whole, tmp_path):
    cfg = stage1(data, tmp_path / 'run', train_dataloader__num_workers=1)
    add_hook(cfg, type='KillAt', iteration=KILLED + 1, hard=True)  # one iteration is lost and made again
    cfg.custom_imports.imports.append('tests.helpers.tiny')
    cfg.dump(tmp_path / 'killed.py')
    cfg.custom_hooks.pop()
    cfg.dump(tmp_path / 'config.py')
    killed = run_tool(sys.executable, REPO / 'tools/train.py', 'killed.py', cwd=tmp_path)
    assert killed.returncode == -9, killed.stderr
    lost = images(tmp_path / 'run')
    (tmp_path / 'run' / 'images.txt').unlink()
    resumed = run_tool(sys.executable, REPO / 'tools/train.py', 'config.py', '--resume', cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr

    got, want = (load(folder / f'iter_{END}.pth') for folder in (tmp_path / 'run', whole))
    for key in (*STATE, 'discriminators'):
        assert_same(got[key], want[key], key)
    assert lost == images(whole)[: KILLED + 1]
    assert images(tmp_path / 'run') == images(whole)[KILLED:]


def test_target_labels_are_never_opened(data, tmp_path):
    with opened_files() as opened:
        train(tiny_config(data, tmp_path))
    assert any('gta/labels' in path for path in opened)
    assert any('leftImg8bit/train' in path for path in opened)
    assert not [path for path in opened if 'gtFine' in path]


def test_training_works_without_target_labels(data, tmp_path):
    shutil.copytree(data, tmp_path / 'toy')
    shutil.rmtree(tmp_path / 'toy/cityscapes/gtFine')
    train(tiny_config(tmp_path / 'toy', tmp_path / 'run'))
    assert (tmp_path / 'run/iter_2.pth').is_file()


def test_resuming_late_loads_no_skipped_image(data, whole, tmp_path, monkeypatch):
    checkpoint = load(whole / f'iter_{KILLED}.pth')
    checkpoint['meta']['iter'], checkpoint['samples_drawn'] = 10_000, 20_000
    torch.save(checkpoint, tmp_path / 'late.pth')
    loaded = []
    original = UDADataset.__getitem__
    monkeypatch.setattr(
        UDADataset, '__getitem__', lambda self, index: loaded.append(index.position) or original(self, index)
    )
    train(stage1(data, tmp_path, resume=True, load_from=str(tmp_path / 'late.pth'), train_cfg__max_iters=10_001))
    assert loaded == [20_000, 20_001]


def stage2(data: Path, work_dir: Path, start: Path, interval: int | None = None, **options) -> Config:
    cfg = tiny_config(
        data,
        work_dir,
        'mrnet_stage2',
        load_from=str(start),
        train_cfg__max_iters=END,
        default_hooks__checkpoint__interval=1,
        default_hooks__checkpoint__max_keep_ckpts=-1,
        **options,
    )
    cfg.custom_hooks[0].update(predictor=dict(type='MultiViewPredictor', flip=False), interval=interval)
    return add_hook(cfg, type='RecordImages')


@pytest.mark.parametrize(
    'interval, killed, generations',
    [(None, 2, 1), (2, 2, 2), (2, 3, 2)],
    ids=['once', 'interval, killed when labels are due', 'interval, killed between'],
)
def test_resumed_stage_2_reuses_its_labels(data, whole, tmp_path, monkeypatch, interval, killed, generations):
    start = whole / f'iter_{END}.pth'
    train(stage2(data, tmp_path / 'whole', start, interval))
    with pytest.raises(Killed):
        train(add_hook(stage2(data, tmp_path / 'run', start, interval), type='KillAt', iteration=killed))
    labels = sorted((tmp_path / 'run' / 'pseudo_labels').rglob('*.png'))
    assert len(labels) == 2 * 4 * generations  # labels and confidences

    monkeypatch.setattr(PseudoLabelStore, 'write', lambda *_: pytest.fail('labeled again'))
    cfg = stage2(data, tmp_path / 'run', start, interval, resume=True)
    cfg.load_from = None
    train(cfg)
    got, want = (load(tmp_path / folder / f'iter_{END}.pth') for folder in ('run', 'whole'))
    for key in (*STATE, 'pseudo_label_weights'):
        assert_same(got[key], want[key], key)
    assert images(tmp_path / 'run') == images(tmp_path / 'whole')


def test_resume_refuses_when_the_labels_are_gone(data, whole, tmp_path):
    start = whole / f'iter_{END}.pth'
    with pytest.raises(Killed):
        train(add_hook(stage2(data, tmp_path, start, interval=2), type='KillAt', iteration=3))
    shutil.rmtree(tmp_path / 'pseudo_labels' / 'iter_2')
    cfg = stage2(data, tmp_path, start, interval=2, resume=True)
    cfg.load_from = None
    with pytest.raises(FileNotFoundError, match='trained on are not.*iter_2'):
        train(cfg)
