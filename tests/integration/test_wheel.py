"""The wheel alone, in an empty folder: train, start a stage from another, and label with a teacher."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mmuda.toy_data import write_toy_data
from tests.helpers.ensemble import ensemble_config
from tests.helpers.tiny import REPO, run_tool

PACKAGED = ('mmuda', 'configs', 'tools', 'requirements')
FILES = ('setup.py', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'model-index.yml')
TINY = ('train_cfg.max_iters=1', 'train_dataloader.batch_size=1', 'train_dataloader.num_workers=1')


@pytest.fixture(scope='module')
def installed(tmp_path_factory) -> Path:
    """A folder with what the wheel holds, built from a copy: a checkout may have a stale ``build/``."""
    source = tmp_path_factory.mktemp('source')
    for name in PACKAGED:
        shutil.copytree(REPO / name, source / name, ignore=shutil.ignore_patterns('__pycache__'))
    for name in FILES:
        shutil.copy(REPO / name, source)
    command = [sys.executable, '-m', 'pip', 'wheel', '--no-deps', '--no-build-isolation', '--wheel-dir', 'dist', '.']
    result = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,) = (source / 'dist').glob('mmuda-*.whl')
    folder = tmp_path_factory.mktemp('site')
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope='module')
def project(installed, tmp_path_factory) -> Path:
    """A user's folder with data, and one iteration of ``configs/toy/source_only.py``."""
    folder = tmp_path_factory.mktemp('project')
    write_toy_data(folder / 'data' / 'toy', num_train=2, num_val=1, domains=('gta', 'cityscapes'))
    assert_trains(installed, folder, shipped(installed, 'source_only'), *TINY)
    return folder


def shipped(installed: Path, name: str) -> Path:
    return installed / 'mmuda' / '.mim' / 'configs' / 'toy' / f'{name}.py'


def assert_trains(installed: Path, project: Path, config: Path, *options: str) -> str:
    """Train with the tool of the wheel; no file of the repository can be imported."""
    tool = installed / 'mmuda' / '.mim' / 'tools' / 'train.py'
    command = [sys.executable, tool, config, *(['--cfg-options', *options] if options else [])]
    result = run_tool(*command, cwd=project, PYTHONPATH=str(installed))
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


def test_wheel_holds_what_mim_looks_for_types_and_templates(installed):
    shipped_files = installed / 'mmuda' / '.mim'
    assert sorted(os.listdir(shipped_files)) == ['configs', 'model-index.yml', 'tools']
    for name in ('configs', 'tools'):
        want = sorted(p.relative_to(REPO) for p in (REPO / name).rglob('*') if p.is_file() and p.suffix != '.pyc')
        got = sorted(p.relative_to(shipped_files) for p in (shipped_files / name).rglob('*') if p.is_file())
        assert got == want
    assert (installed / 'mmuda' / 'py.typed').exists()
    templates = Path('mmuda', 'visualization', 'templates')
    assert sorted(os.listdir(installed / templates)) == sorted(os.listdir(REPO / templates))
    assert not (installed / 'tests').exists()


def test_training_leaves_its_checkpoint_in_the_work_dir_of_the_config(project):
    assert (project / 'work_dirs' / 'toy' / 'source_only' / 'iter_1.pth').exists()


def test_stage_is_named_by_its_config_alone(installed, project):
    log = assert_trains(installed, project, shipped(installed, 'source_continued'), *TINY)
    assert 'Starting from work_dirs/toy/source_only/iter_1.pth' in log


def test_teacher_is_named_by_its_config_alone(installed, project):
    teachers = [dict(config='configs/toy/source_only.py')]
    config = ensemble_config(project / 'data' / 'toy', project / 'ensemble', teachers)
    config.train_cfg.labels.labeler = dict(type='MajorityLabeler')  # a teacher of one iteration is sure of nothing
    config.dump(project / 'ensemble.py')
    assert_trains(installed, project, project / 'ensemble.py')
    assert list((project / 'ensemble').glob('*.pth'))
