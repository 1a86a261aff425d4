"""Smoke run of the installed stack: every config builds; the toy config trains, tests and resumes.

Run by ``make smoke STACK=...`` through pytest; the tests proper are in ``tests/``.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope
from mmseg.registry import DATA_SAMPLERS, DATASETS, HOOKS, LOOPS, METRICS, MODELS, OPTIM_WRAPPERS

import mmuda  # noqa: F401

REPO = Path(__file__).parents[2]
CONFIGS = sorted(path for path in (REPO / 'configs').rglob('*.py') if '_base_' not in path.parts)
TOY = REPO / 'configs' / 'toy' / 'mrnet.py'


def check_datasets(node: object) -> None:
    """Find the class of every data set in a config and build its pipeline, without opening any file."""
    if isinstance(node, dict):
        if 'pipeline' in node:
            assert DATASETS.get(node['type']) is not None, f'{node["type"]} is not registered'
            Compose(node['pipeline'])
        node = list(node.values())
    for child in node if isinstance(node, list | tuple) else ():
        check_datasets(child)


def test_there_are_configs():
    assert TOY in CONFIGS


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: str(path.relative_to(REPO / 'configs')))
def test_config_builds(path, monkeypatch):
    monkeypatch.chdir(REPO)
    config = Config.fromfile(path)
    init_default_scope(config.default_scope)
    MODELS.build(config.model)
    for split in ('train', 'val', 'test'):
        loader = config[f'{split}_dataloader']
        check_datasets(loader.dataset.to_dict())
        assert DATA_SAMPLERS.get(loader.sampler.type), loader.sampler
        assert LOOPS.get(config[f'{split}_cfg'].get('type', 'IterBasedTrainLoop')), split
    METRICS.build(config.test_evaluator)
    assert OPTIM_WRAPPERS.get(config.optim_wrapper.type), config.optim_wrapper
    for hook in [*config.get('default_hooks', {}).values(), *config.get('custom_hooks', [])]:
        assert HOOKS.get(hook['type']), hook


def run(*command: object, cwd: Path) -> str:
    result = subprocess.run([sys.executable, *map(str, command)], cwd=cwd, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-6000:]
    return result.stdout


def test_toy_trains_tests_and_resumes(tmp_path):
    run(REPO / 'tools/make_toy_data.py', '--out', 'data/toy', '--train', 4, '--val', 2, cwd=tmp_path)
    options = ('--work-dir', 'out', '--cfg-options', 'train_cfg.val_interval=2', 'default_hooks.checkpoint.interval=2')

    run(REPO / 'tools/train.py', TOY, *options, 'train_cfg.max_iters=2', cwd=tmp_path)
    assert 'mIoU' in run(REPO / 'tools/test.py', TOY, 'out/iter_2.pth', '--work-dir', 'out', cwd=tmp_path)
    resumed = run(REPO / 'tools/train.py', TOY, *options, 'train_cfg.max_iters=4', '--resume', cwd=tmp_path)
    assert 'resumed epoch: 0, iter: 2' in resumed
    assert (tmp_path / 'out' / 'iter_4.pth').exists()
