import importlib.util
import sys

import pytest
from mmengine.config import Config

from mmuda.models.density import Mixtures
from mmuda.toy_data import write_toy_data
from tests.helpers.tiny import REPO

pytestmark = pytest.mark.integration
pytest.importorskip('sklearn')

FILE = REPO / 'tools' / 'dataset_tools' / 'fit_depth_distribution.py'
spec = importlib.util.spec_from_file_location('fit_depth_distribution', FILE)
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)


def run(monkeypatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, 'argv', ['fit_depth_distribution.py', *arguments])
    tool.main()


def test_mixtures_of_a_config(tmp_path, monkeypatch, capsys):
    toy = write_toy_data(tmp_path / 'toy', num_train=8, num_val=0, size=(64, 32), domains=('synthia',))
    cfg = Config.fromfile(REPO / 'configs/toy/depth_distribution_stage1.py')
    cfg.train_dataloader.dataset.source.data_root = str(toy / 'synthia')
    cfg.custom_hooks[0].folder = str(tmp_path / 'cache')
    cfg.dump(tmp_path / 'config.py')
    run(monkeypatch, str(tmp_path / 'config.py'))
    (file,) = (tmp_path / 'cache').iterdir()
    assert Mixtures.load(file).grid == (17, 33)
    assert f'{file}: depth of 16 classes in' in capsys.readouterr().out
    run(monkeypatch, str(tmp_path / 'config.py'), '--out', str(tmp_path / 'own.npz'))
    assert (Mixtures.load(tmp_path / 'own.npz').weight == Mixtures.load(file).weight).all()


def test_a_config_without_density_is_named(monkeypatch):
    with pytest.raises(SystemExit, match=r'toy/dacs\.py has no MixtureDensity'):
        run(monkeypatch, str(REPO / 'configs/toy/dacs.py'))
