import sys

from tests.helpers.tiny import REPO, run_tool

TOOL = sys.executable, REPO / 'tools' / 'make_toy_data.py'
SMALL = ['--train', '1', '--val', '0', '--width', '64', '--height', '32', '--domains', 'gta']


def test_writes_where_it_is_told(tmp_path):
    assert run_tool(*TOOL, '--out', tmp_path / 'toy', *SMALL, cwd=tmp_path).returncode == 0
    assert (tmp_path / 'toy/gta/labels/00001.png').is_file()


def test_a_foreign_folder_is_an_error_in_one_sentence(tmp_path):
    (tmp_path / 'thesis.txt').write_text('mine')
    result = run_tool(*TOOL, '--out', tmp_path, *SMALL, cwd=tmp_path)
    assert result.returncode == 1
    assert 'no toy data' in result.stderr and 'Traceback' not in result.stderr
