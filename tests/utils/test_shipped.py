"""Configs are found in the working directory and among those that mmuda ships."""

import pytest

from mmuda.utils import shipped
from mmuda.utils.shipped import find_config, read_config
from tests.helpers.tiny import REPO


def test_in_a_checkout_the_shipped_configs_are_those_of_the_repository():
    assert shipped.SHIPPED == REPO


def test_the_working_directory_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_config('configs/toy/mrnet.py') == REPO / 'configs/toy/mrnet.py'
    (tmp_path / 'configs/toy').mkdir(parents=True)
    (tmp_path / 'configs/toy/mrnet.py').touch()
    assert find_config('configs/toy/mrnet.py').resolve() == tmp_path / 'configs/toy/mrnet.py'


def test_missing_config_names_both_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f'no config my/missing.py, neither from {tmp_path} nor .*{REPO}'):
        find_config('my/missing.py')


@pytest.mark.parametrize('text, want', [('', 'work_dirs/stage'), ("work_dir = 'out'", 'out')])
def test_work_dir_is_that_of_the_config_or_of_its_name(tmp_path, text, want):
    (tmp_path / 'stage.py').write_text(text)
    assert read_config(tmp_path / 'stage.py').work_dir == want
