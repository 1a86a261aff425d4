import json
import sys

import pytest

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


def test_gives_a_domain_the_look_of_another(tmp_path):
    result = run_tool(*TOOL, '--out', tmp_path / 'toy', *SMALL, '--looks', 'gta=robotcar', cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads((tmp_path / 'toy/toy.json').read_text())['looks'] == dict(gta='robotcar')


@pytest.mark.parametrize(
    'looks, named',
    [('gta', "'gta': expected DOMAIN=LOOK"), ('gta=kitti', "['kitti'] not expected"), ('kitti=gta', "['kitti'] not")],
)
def test_a_look_that_is_none_is_an_error_in_one_sentence(tmp_path, looks, named):
    result = run_tool(*TOOL, '--out', tmp_path / 'toy', *SMALL, '--looks', looks, cwd=tmp_path)
    assert result.returncode != 0
    assert named in result.stderr and 'Traceback' not in result.stderr
    assert not (tmp_path / 'toy').exists()
