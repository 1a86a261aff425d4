"""A toy run through the command line, on whatever stack is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.tiny import REPO

START, TOY = (REPO / 'configs' / 'toy' / f'{name}.py' for name in ('source_only', 'mrnet'))
pytestmark = pytest.mark.smoke


def run(*command: object, cwd: Path) -> str:
    result = subprocess.run([sys.executable, *map(str, command)], cwd=cwd, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-6000:]
    return result.stdout


def test_toy_trains_tests_and_resumes(tmp_path):
    run(REPO / 'tools/make_toy_data.py', '--out', 'data/toy', '--train', 4, '--val', 2, cwd=tmp_path)
    run(
        REPO / 'tools/train.py',
        START,
        '--cfg-options',
        'train_cfg.max_iters=2',
        'train_cfg.val_interval=2',
        cwd=tmp_path,
    )
    options = ('--work-dir', 'out', '--cfg-options', 'train_cfg.val_interval=2', 'default_hooks.checkpoint.interval=2')

    run(REPO / 'tools/train.py', TOY, *options, 'train_cfg.max_iters=2', cwd=tmp_path)
    assert 'mIoU' in run(REPO / 'tools/test.py', TOY, 'out/iter_2.pth', '--work-dir', 'out', cwd=tmp_path)
    resumed = run(REPO / 'tools/train.py', TOY, *options, 'train_cfg.max_iters=4', '--resume', cwd=tmp_path)
    assert 'resumed epoch: 0, iter: 2' in resumed
    assert (tmp_path / 'out' / 'iter_4.pth').exists()
