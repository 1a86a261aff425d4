from pathlib import Path

import cv2
import numpy as np
import pytest

from mmuda.datasets import Synthia7Dataset, SynthiaDataset
from mmuda.datasets.depth_samples import DepthSamples
from mmuda.toy_data import write_toy_data

GRID = (9, 17)


@pytest.fixture(scope='module')
def synthia(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('toy') / 'toy'
    return write_toy_data(folder, num_train=6, num_val=1, size=(64, 32), domains=('synthia',)) / 'synthia'


def dataset(root: Path) -> Synthia7Dataset:
    return Synthia7Dataset(data_root=str(root), pipeline=[])


def test_all_cells_of_all_classes_are_found(synthia):
    samples = DepthSamples(dataset(synthia), GRID).collect()
    assert len(samples) == 7 and all(rows.shape[1] == 3 for rows in samples)
    assert 0.8 * 7 * 9 * 17 < sum(map(len, samples)) <= 7 * 9 * 17
    columns, rows, depth = np.concatenate(samples).T
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (0, 16, 0, 8)
    assert depth.min() == 1 and depth.max() < 32768
    sky = samples[4]
    assert (sky[:, 2] == 1).all()


def test_a_class_has_at_most_the_number_and_each_cell_the_same_chance(synthia):
    everything = DepthSamples(dataset(synthia), GRID).collect()
    chosen = DepthSamples(dataset(synthia), GRID, number=40).collect()
    for few, many in zip(chosen, everything):
        assert len(few) == min(40, len(many))
        assert {tuple(row) for row in few} <= {tuple(row) for row in many}


def test_seed_and_number_of_images(synthia):
    first, again, other = (DepthSamples(dataset(synthia), GRID, 50, 3, seed) for seed in (0, 0, 1))
    for a, b in zip(first.collect(), again.collect()):
        np.testing.assert_array_equal(a, b)
    assert first.description() == again.description() != other.description()
    assert len(first.infos) == 3


def test_invalid_depth_can_be_kept(synthia, tmp_path):
    write_toy_data(tmp_path / 'toy', num_train=1, num_val=0, size=(64, 32), domains=('synthia',))
    root = tmp_path / 'toy' / 'synthia'
    cv2.imwrite(str(root / 'Depth' / '0000000.png'), np.zeros((32, 64), np.uint16))
    assert sum(map(len, DepthSamples(dataset(root), GRID).collect())) == 0
    assert sum(map(len, DepthSamples(dataset(root), GRID, drop_invalid=False).collect())) > 100


def test_classes_of_the_config_count(synthia):
    sixteen = SynthiaDataset(data_root=str(synthia), metainfo=dict(classes='synthia16'), pipeline=[])
    samples = DepthSamples(sixteen, GRID)
    assert len(samples.collect()) == 16
    assert samples.description() != DepthSamples(dataset(synthia), GRID).description()


def test_other_files_give_another_description(synthia, tmp_path):
    write_toy_data(tmp_path / 'toy', seed=1, num_train=6, num_val=1, size=(64, 32), domains=('synthia',))
    other = DepthSamples(dataset(tmp_path / 'toy' / 'synthia'), GRID)
    assert other.description() != DepthSamples(dataset(synthia), GRID).description()


@pytest.mark.parametrize('file', ['Depth/0000002.png', 'GT/LABELS/0000002.png'])
def test_a_changed_file_of_the_same_name_and_size_gives_another_description(tmp_path, file):
    write_toy_data(tmp_path / 'toy', num_train=3, num_val=0, size=(64, 32), domains=('synthia',))
    root = tmp_path / 'toy' / 'synthia'
    before = DepthSamples(dataset(root), GRID).description()
    content = bytearray((root / file).read_bytes())
    content[-1] ^= 1
    (root / file).write_bytes(content)
    assert DepthSamples(dataset(root), GRID).description() != before


def test_files_that_are_not_read_do_not_count(tmp_path):
    write_toy_data(tmp_path / 'toy', num_train=3, num_val=0, size=(64, 32), domains=('synthia',))
    root = tmp_path / 'toy' / 'synthia'
    (read,) = (Path(info['img_path']).name for info in DepthSamples(dataset(root), GRID, num_images=1).infos)
    before = DepthSamples(dataset(root), GRID, num_images=1).description()
    for path in (root / 'Depth').iterdir():
        if path.name != read:
            path.write_bytes(b'')
    assert DepthSamples(dataset(root), GRID, num_images=1).description() == before


def test_missing_and_other_depth_are_named(tmp_path):
    write_toy_data(tmp_path / 'toy', num_train=1, num_val=0, size=(64, 32), domains=('synthia',))
    root = tmp_path / 'toy' / 'synthia'
    cv2.imwrite(str(root / 'Depth' / '0000000.png'), np.ones((16, 32), np.uint16))
    with pytest.raises(ValueError, match=r'Depth/0000000\.png has \(height, width\) = \(16, 32\)'):
        DepthSamples(dataset(root), GRID).collect()
    (root / 'Depth' / '0000000.png').unlink()
    with pytest.raises(FileNotFoundError, match=r'Depth/0000000\.png does not exist'):
        DepthSamples(dataset(root), GRID).description()


def test_labels_are_needed(synthia):
    unlabeled = Synthia7Dataset(data_root=str(synthia), data_prefix=dict(img_path='RGB'), pipeline=[])
    with pytest.raises(ValueError, match='Synthia7Dataset has none: give a labeled data set'):
        DepthSamples(unlabeled, GRID)
