from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MMLogger
from mmseg.registry import HOOKS
from torch import nn

from mmuda.datasets import UDADataset
from mmuda.engine.hooks import DepthDistributionHook
from mmuda.models.density import MixtureDensity
from mmuda.toy_data import write_toy_data

GRID = (9, 17)
pytest.importorskip('sklearn')


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy_data(tmp_path / 'toy', num_train=4, num_val=1, size=(64, 32), domains=('synthia', 'cityscapes'))


def runner(toy: Path, *densities: MixtureDensity) -> SimpleNamespace:
    pack = [dict(type='LoadImageStrict'), dict(type='PackSegInputs')]
    dataset = UDADataset(
        source=dict(type='Synthia7Dataset', data_root=str(toy / 'synthia'), pipeline=pack),
        target=dict(type='Cityscapes7Dataset', data_root=str(toy / 'cityscapes'), pipeline=pack),
    )
    return SimpleNamespace(
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


def test_what_a_checkpoint_brought_stays(toy, tmp_path):
    density = MixtureDensity(7, GRID)
    density.weight.fill_(0.2)
    DepthDistributionHook(str(tmp_path / 'cache')).before_train(runner(toy, density))
    assert not (tmp_path / 'cache').exists() and not density.mean.any()


def test_another_number_of_classes_is_named(toy, tmp_path):
    with pytest.raises(ValueError, match=r'= \(7, 5, 9, 17\), expected \(16, 5, 9, 17\)'):
        DepthDistributionHook(str(tmp_path / 'cache')).before_train(runner(toy, MixtureDensity(16, GRID)))


def test_a_hook_without_density_is_an_error(toy):
    with pytest.raises(ValueError, match='no objective has a MixtureDensity'):
        DepthDistributionHook().before_train(runner(toy))
