"""Python text in a checkpoint is plain data, which the loader lets through; nobody runs it, at any door."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.infer import BaseInferencer
from mmengine.runner import CheckpointLoader, Runner
from mmseg.apis import MMSegInferencer, init_model

from mmuda import compat
from mmuda.utils.config_text import read_settings
from tests.engine.self_training.test_teachers import loaded as load_the_teachers
from tests.helpers.ensemble import make_teachers
from tests.helpers.tiny import (
    REPO,
    add_hook,
    load,
    make_data,
    shrink_data,
    tiny_config,
    train,
)

TEXT = "x = __import__('os').system('touch {marker}')\ngpu_ids = None\ntrain_cfg = dict(max_iters=9)\n"


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def trained(data, tmp_path_factory) -> Path:
    """A checkpoint of one iteration."""
    folder = tmp_path_factory.mktemp('run')
    train(tiny_config(data, folder, 'source_only', train_cfg__max_iters=1))
    return folder / 'iter_1.pth'


@pytest.fixture
def marker(tmp_path) -> Path:
    """The file that the text would make."""
    return tmp_path / 'marker'


def poison(path: Path, target: Path, marker: Path, text: str = TEXT) -> Path:
    """Write a checkpoint with code where mmengine keeps the text of a config."""
    checkpoint = load(path)
    text = text.format(marker=marker)
    checkpoint.setdefault('meta', {}).update(config=text, cfg=text)
    checkpoint.setdefault('message_hub', {}).setdefault('runtime_info', {})['cfg'] = text
    target.parent.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint, target)
    return target


@pytest.fixture
def poisoned(trained, tmp_path, marker) -> Path:
    """A work dir whose last checkpoint holds code."""
    path = poison(trained, tmp_path / 'poisoned' / 'iter_1.pth', marker)
    path.with_name('last_checkpoint').write_text(str(path))
    return path


def config(data: Path, work_dir: Path, **options) -> Config:
    return tiny_config(data, work_dir, 'source_only', **options)


def test_the_text_works_where_it_is_run(marker):
    """Else the tests below prove nothing."""
    Config.fromstring(TEXT.format(marker=marker), '.py')
    assert marker.exists()


def test_resume(data, poisoned, marker):
    runner = train(config(data, poisoned.parent, resume=True))
    assert runner.iter == 2 and not marker.exists()


def test_resume_from_a_named_checkpoint(data, poisoned, marker, tmp_path):
    runner = train(config(data, tmp_path / 'other', resume=True, load_from=str(poisoned)))
    assert runner.iter == 2 and not marker.exists()


def test_stock_runner_without_any_hook_of_ours(data, poisoned, marker, tmp_path):
    cfg = config(data, tmp_path / 'other', resume=True, load_from=str(poisoned))
    cfg.default_hooks = dict()
    train(cfg)
    assert not marker.exists()


def test_load_from(data, poisoned, marker, tmp_path):
    train(config(data, tmp_path / 'other', train_cfg__max_iters=1, load_from=str(poisoned)))
    assert not marker.exists()


def test_stage(data, poisoned, marker, tmp_path):
    cfg = config(data, tmp_path / 'other', train_cfg__max_iters=1)
    train(add_hook(cfg, type='StageCheckpointHook', work_dir=str(poisoned.parent), config='configs/toy/mrnet.py'))
    assert not marker.exists()


def test_teacher(tmp_path, marker):
    for teacher in (teachers := make_teachers(tmp_path / 'teachers')):
        path = Path(teacher['config']).with_suffix('') / 'iter_1.pth'
        poison(path, path, marker)
    load_the_teachers(teachers)
    assert not marker.exists()


def test_testing(data, poisoned, marker, tmp_path):
    full = Config.fromfile(REPO / 'configs/toy/source_only.py')
    shrink_data(full, data)
    cfg = config(data, tmp_path / 'other', load_from=str(poisoned))
    cfg.update({key: full[key] for key in ('test_dataloader', 'test_cfg', 'test_evaluator')})
    assert Runner.from_cfg(cfg).test()['mIoU'] >= 0
    assert not marker.exists()


def test_export_tool(data, poisoned, marker, tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location('export_segmentor', REPO / 'tools/export_segmentor.py')
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    config(data, tmp_path).dump(tmp_path / 'config.py')
    monkeypatch.setattr(
        sys, 'argv', ['export', str(tmp_path / 'config.py'), str(poisoned), '--out', str(tmp_path / 'exported')]
    )
    tool.main()
    assert not marker.exists()
    assert set(load(tmp_path / 'exported/iter_1.pth')['meta']) == {'dataset_meta', 'epoch', 'iter'}


def test_init_model(data, poisoned, marker, tmp_path):
    init_model(config(data, tmp_path), str(poisoned), device='cpu')
    assert not marker.exists()


def test_inferencer_with_config_and_weights(data, poisoned, marker, tmp_path):
    full = Config.fromfile(REPO / 'configs/toy/source_only.py')
    cfg = config(data, tmp_path)
    cfg.test_dataloader = full.test_dataloader
    MMSegInferencer(cfg, str(poisoned), device='cpu')
    assert not marker.exists()


@pytest.mark.parametrize(
    'text',
    [TEXT, "model = dict(type='subprocess.Popen', args=['touch', '{marker}'])"],
    ids=['code', 'a literal that names what to call'],
)
@pytest.mark.parametrize('place', ['message_hub', 'meta'])
def test_inferencer_with_weights_alone_refuses(trained, marker, tmp_path, place, text):
    """Not even a text that is read without running it may say what the registry calls."""
    path = poison(trained, tmp_path / 'weights.pth', marker, text)
    checkpoint = load(path)
    del checkpoint['message_hub' if place == 'meta' else 'meta']
    torch.save(checkpoint, path)
    with pytest.raises(compat.UnsafeCheckpointError, match=r'weights\.pth without a config.*Name the config'):
        MMSegInferencer(None, str(path), device='cpu')
    assert not marker.exists()


def test_every_inferencer_has_the_lock_and_every_loader_the_filter():
    """A door that mmengine would open again, for instance by a reload, is seen here."""
    assert BaseInferencer._init_model.__wrapped__ and CheckpointLoader.load_checkpoint.__func__.__wrapped__
    assert MMSegInferencer._init_model is BaseInferencer._init_model


@pytest.mark.parametrize(
    'text',
    ['-' * 5_000_000 + '1', '-' * 100_000 + '1', '(' * 1000, 'a = dict(**1)', '\0', 7],
    ids=['long', 'deep', 'nested', 'of no mapping', 'null', 'number'],
)
def test_text_made_to_break_the_reader_reads_as_nothing(text):
    assert read_settings(text, ['train_cfg']) == {}
