from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from mmseg.registry import HOOKS
from torch import nn

from mmuda.datasets import UDADataset
from mmuda.datasets.depth_samples import DepthSamples
from mmuda.datasets.seven_classes import SEVEN_CLASSES
from mmuda.engine.hooks import DepthDistributionHook
from mmuda.models.density import MixtureDensity, Mixtures
from mmuda.toy_data import write_toy_data

GRID = (9, 17)
pytest.importorskip('sklearn')


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy_data(tmp_path / 'toy', num_train=4, num_val=1, size=(64, 32), domains=('synthia', 'cityscapes'))


def runner(toy: Path, *densities: MixtureDensity, iteration: int = 0) -> SimpleNamespace:
    pack = [dict(type='LoadImageStrict'), dict(type='PackSegInputs')]
    dataset = UDADataset(
        source=dict(type='Synthia7Dataset', data_root=str(toy / 'synthia'), pipeline=pack),
        target=dict(type='Cityscapes7Dataset', data_root=str(toy / 'cityscapes'), pipeline=pack),
    )
    return SimpleNamespace(
        iter=iteration,
        model=nn.ModuleList(densities),
        train_dataloader=SimpleNamespace(dataset=dataset),
        logger=MMLogger.get_current_instance(),
    )


def test_densities_of_all_objectives_are_set(toy, tmp_path):
    densities = MixtureDensity(7, GRID), MixtureDensity(7, GRID)
    hook = HOOKS.build(dict(type='DepthDistributionHook', folder=str(tmp_path / 'cache'), number=100))
    hook.before_train(runner(toy, *densities))
    assert all(density.is_set for density in densities)
    assert torch.equal(densities[0].mean, densities[1].mean)
    assert len(list((tmp_path / 'cache').iterdir())) == 1


def test_a_resumed_run_keeps_what_its_checkpoint_brought(toy, tmp_path):
    density = MixtureDensity(7, GRID)
    density.weight.fill_(0.2)
    DepthDistributionHook(str(tmp_path / 'cache')).before_train(runner(toy, density, iteration=1))
    assert not (tmp_path / 'cache').exists() and not density.mean.any()


def test_mixtures_of_a_checkpoint_that_is_started_from_are_replaced(toy, tmp_path):
    """They are of another data set, or of another grid, perhaps."""
    density = MixtureDensity(7, GRID)
    density.weight.fill_(0.2)
    DepthDistributionHook(str(tmp_path / 'cache'), number=100).before_train(runner(toy, density))
    assert density.mean.any()


def test_a_file_is_taken_instead_of_a_fit(toy, tmp_path):
    fitted, density = MixtureDensity(7, GRID), MixtureDensity(7, GRID)
    DepthDistributionHook(str(tmp_path / 'cache'), number=100).before_train(runner(toy, fitted))
    (file,) = (tmp_path / 'cache').iterdir()
    DepthDistributionHook(path=str(file)).before_train(runner(toy, density))
    assert torch.equal(density.mean, fitted.mean)


def mixtures_file(path: Path, classes: tuple[str, ...], grid: tuple[int, int]) -> str:
    shape = len(classes), 5
    Mixtures(np.zeros((*shape, 3)), np.ones((*shape, 3)), np.full(shape, 0.2), classes, grid).save(path)
    return str(path)


def test_a_file_of_another_grid_is_named(toy, tmp_path):
    path = mixtures_file(tmp_path / 'a.npz', SEVEN_CLASSES, (41, 81))
    with pytest.raises(ValueError, match=r'a\.npz have .* = \(7, 5, 41, 81\), expected \(7, 5, 9, 17\)'):
        DepthDistributionHook(path=path).before_train(runner(toy, MixtureDensity(7, GRID)))


def test_a_file_of_as_many_other_classes_is_named(toy, tmp_path):
    path = mixtures_file(tmp_path / 'a.npz', tuple('abcdefg'), GRID)
    with pytest.raises(ValueError, match=r"a\.npz are of the classes \('a', .*expected \('flat'"):
        DepthDistributionHook(path=path).before_train(runner(toy, MixtureDensity(7, GRID)))


def test_settings_of_a_fit_beside_a_file_are_an_error():
    with pytest.raises(ValueError, match=r"with path = 'a\.npz' nothing is fitted, so that \['seed'\] cannot act"):
        DepthDistributionHook(path='a.npz', seed=1)


def test_the_source_is_read_once_for_all_densities_of_one_grid(toy, tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(
        DepthSamples, 'description', lambda self, original=DepthSamples.description: read.append(1) or original(self)
    )
    hook = DepthDistributionHook(str(tmp_path / 'cache'), number=100)
    hook.before_train(runner(toy, MixtureDensity(7, GRID), MixtureDensity(7, GRID)))
    assert read == [1]


def test_another_number_of_classes_is_named(toy, tmp_path):
    with pytest.raises(ValueError, match=r'= \(7, 5, 9, 17\), expected \(16, 5, 9, 17\)'):
        DepthDistributionHook(str(tmp_path / 'cache')).before_train(runner(toy, MixtureDensity(16, GRID)))


def test_a_hook_without_density_is_an_error(toy):
    with pytest.raises(ValueError, match='no objective has a MixtureDensity'):
        DepthDistributionHook().before_train(runner(toy))
