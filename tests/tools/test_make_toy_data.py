import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / 'tools' / 'make_toy_data.py'
SMALL = ['--train', '1', '--val', '0', '--width', '64', '--height', '32', '--domains', 'gta']


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(TOOL), *arguments], capture_output=True, text=True)


def test_writes_where_it_is_told(tmp_path):
    assert run('--out', str(tmp_path / 'toy'), *SMALL).returncode == 0
    assert (tmp_path / 'toy/gta/labels/00001.png').is_file()


def test_a_foreign_folder_is_an_error_in_one_sentence(tmp_path):
    (tmp_path / 'thesis.txt').write_text('mine')
    result = run('--out', str(tmp_path), *SMALL)
    assert result.returncode == 1
    assert 'no toy data' in result.stderr and 'Traceback' not in result.stderr
