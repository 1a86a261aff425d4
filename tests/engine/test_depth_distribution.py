import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import torch.distributed as dist

from mmuda.datasets import Synthia7Dataset
from mmuda.datasets.depth_samples import DepthSamples
from mmuda.engine.depth_distribution import mixtures_of
from mmuda.models.density import Mixtures
from mmuda.toy_data import write_toy_data
from tests.helpers.two_ranks import run_on_two_ranks

GRID = (9, 17)
pytest.importorskip('sklearn')


@pytest.fixture(scope='module')
def synthia(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('toy') / 'toy'
    return write_toy_data(folder, num_train=6, num_val=0, size=(64, 32), domains=('synthia',)) / 'synthia'


def samples(synthia: Path, **settings) -> DepthSamples:
    return DepthSamples(Synthia7Dataset(data_root=str(synthia), pipeline=[]), GRID, **settings)


def test_mixtures_are_fitted_once(synthia, tmp_path, monkeypatch):
    first = mixtures_of(samples(synthia), folder=tmp_path)
    monkeypatch.setattr(DepthSamples, 'collect', lambda self: pytest.fail('fitted again'))
    assert mixtures_of(samples(synthia), folder=tmp_path) == first
    mixtures = Mixtures.load(first)
    assert mixtures.classes == samples(synthia).classes and mixtures.grid == GRID
    assert mixtures.made_of == dict(samples(synthia).description(), components=5)
    assert first.parent == tmp_path and first.stem.isalnum()


def test_other_settings_have_other_files(synthia, tmp_path):
    files = {
        mixtures_of(samples(synthia), folder=tmp_path),
        mixtures_of(samples(synthia, seed=1), folder=tmp_path),
        mixtures_of(samples(synthia), components=2, folder=tmp_path),
    }
    assert len(files) == 3


def test_a_file_of_choice_is_written_anew(synthia, tmp_path):
    path = tmp_path / 'own.npz'
    path.write_text('something')
    assert mixtures_of(samples(synthia), path=path) == path
    np.testing.assert_allclose(Mixtures.load(path).weight.sum(1), 1)


def fit_slowly(rank: int, synthia: str, folder: str) -> str:
    """With a process group that gives up after five seconds, as NCCL's does after some minutes."""
    dist.destroy_process_group()
    dist.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2, timeout=timedelta(seconds=5)
    )
    slow = samples(Path(synthia), number=50)
    collect = slow.collect
    slow.collect = lambda: time.sleep(9) or collect()
    return str(mixtures_of(slow, components=1, folder=f'{folder}/mixtures'))


def test_other_ranks_wait_for_a_long_fit(synthia, tmp_path):
    first, second = run_on_two_ranks(fit_slowly, str(synthia), str(tmp_path))
    assert first == second and Path(first).is_file()
