import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mmengine.config import Config

from tests.helpers.tiny import REPO, make_data, shrink_data
from tests.tools.checking.helpers import Checked, tool


@pytest.fixture(scope='module')
def toy(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('doctor'))


@pytest.fixture
def data(toy, tmp_path) -> Path:
    return shutil.copytree(toy, tmp_path / 'toy')


@pytest.fixture
def config(data) -> Config:
    made = Config.fromfile(REPO / 'configs' / 'toy' / 'mrnet.py')
    shrink_data(made, data)
    return made


@pytest.fixture
def check(monkeypatch, capsys, tmp_path, config) -> Callable[..., Checked]:
    def check_(*options: str) -> Checked:
        config.dump(tmp_path / 'config.py')
        found = tmp_path / 'out' / 'found.json'
        arguments = ['check_data.py', str(tmp_path / 'config.py'), '--json', str(found), '--processes', '2', *options]
        monkeypatch.setattr(sys, 'argv', arguments)
        with pytest.raises(SystemExit) as ended:
            tool.main()
        assert [path.name for path in found.parent.iterdir()] == ['found.json']
        return Checked(int(ended.value.code), json.loads(found.read_text()), capsys.readouterr().out)

    return check_
