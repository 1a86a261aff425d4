import importlib.util
import sys
from pathlib import Path

import pytest

from mmuda.pseudo_labels import load_prior
from tests.helpers.tiny import REPO, make_data, tiny_config

pytestmark = pytest.mark.integration

FILE = REPO / 'tools' / 'dataset_tools' / 'make_spatial_prior.py'
spec = importlib.util.spec_from_file_location('make_spatial_prior', FILE)
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)


@pytest.fixture(scope='module')
def config(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('prior')
    path = folder / 'config.py'
    tiny_config(make_data(folder), folder / 'run').dump(path)
    return path


@pytest.fixture
def run(monkeypatch, config, tmp_path):
    def run_(*options: str) -> Path:
        out = tmp_path / 'prior.npy'
        monkeypatch.setattr(sys, 'argv', ['make_spatial_prior.py', str(config), '--out', str(out), *options])
        tool.main()
        return out

    return run_


def test_the_prior_has_the_size_of_the_target(run):
    assert load_prior(run('--sigma', '2', '--kernel', '5')).shape == (19, 64, 96)


def test_the_labels_are_mapped_to_classes(run):
    road, sky = load_prior(run('--size', '12', '8'))[[0, 10]]
    assert road[-2:].sum() > road[:2].sum()
    assert sky[-2:].sum() < sky[:2].sum()


def test_another_prior_is_an_error_in_one_sentence(run):
    run('--size', '12', '8')
    with pytest.raises(SystemExit, match='make_spatial_prior: .*prior.npy is another spatial prior: sigma is'):
        run('--size', '12', '8', '--sigma', '2')


def test_overwrite_replaces_it(run):
    run('--size', '12', '8')
    assert load_prior(run('--size', '6', '4', '--overwrite')).shape == (19, 4, 6)


def test_a_config_without_source_and_target_is_refused(run, config, monkeypatch, tmp_path):
    monkeypatch.setattr(
        tool.Config,
        'fromfile',
        lambda path: tool.Config(dict(train_dataloader=dict(dataset=dict(type='GTADataset'))), filename=str(config)),
    )
    with pytest.raises(SystemExit, match="dataset is 'GTADataset', expected a UDADataset"):
        run()
