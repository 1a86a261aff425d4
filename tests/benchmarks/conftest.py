"""A task whose training and testing take no time: scripts that leave what the real ones do."""

from pathlib import Path

import pytest

from benchmarks.leaderboard import runs
from tests.helpers.leaderboard import write_config

TRAIN = """
import sys, time
from pathlib import Path
config, work_dir = Path(sys.argv[1]).read_text(), Path(sys.argv[3])
with open(work_dir / 'calls.txt', 'a') as file:
    print(*sys.argv[4:], file=file)
if 'fails' in config:
    sys.exit('no such weights')
(work_dir / 'iter_5.pth').write_text(config)
(work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_5.pth'))
if 'is_slow' in config:
    time.sleep(60)
"""
EVALUATE = """
import json, sys
from pathlib import Path
text = Path(sys.argv[1]).read_text()
miou = float(text.partition('miou = ')[2].split()[0])
measured = dict(device='cpu', iterations=5, mIoU=miou, iou_per_class={'road': miou + 1, 'car': miou - 1})
Path(sys.argv[6]).write_text(json.dumps(measured))
"""


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts instead of ``tools/train.py`` and of the test."""
    for name, text in (('TRAIN', TRAIN), ('EVALUATE', EVALUATE)):
        path = tmp_path / f'{name.lower()}.py'
        path.write_text(text)
        monkeypatch.setattr(runs, name, path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Configs of a task without a list of rows."""
    folder = tmp_path / 'configs' / 'small'
    write_config(folder, 'source_only', 40)
    write_config(folder, 'source_continued', 42, 'source_only')
    write_config(folder, 'oracle', 62)
    write_config(folder, 'mrnet', 47, 'source_only')
    write_config(folder, 'mrnet_stage2', 52, 'mrnet')
    return folder
