import json
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st

from mmuda.datasets import FolderDataset
from mmuda.datasets.label_statistics.spatial_prior import SpatialPriorEstimate, prior_of, save_prior, smooth
from mmuda.pseudo_labels import load_prior
from tests.helpers.published import write_image, write_label

SHAPE = (4, 6)
SETTINGS = dict(shape=SHAPE, sigma=1.0, kernel=3)


def smooth_by_definition(counts: np.ndarray, sigma: float, kernel: int) -> np.ndarray:
    """out(i) = sum_j w_j x(i + j - floor((K - 1) / 2)) along rows and columns of the mirrored map."""
    weights = np.array([np.exp(-((j - (kernel - 1) / 2) ** 2) / (2 * sigma**2)) for j in range(kernel)])
    weights /= weights.sum()
    padded = np.pad(counts.astype(float), kernel, mode='symmetric')
    first = kernel - (kernel - 1) // 2
    result = np.zeros(counts.shape)
    for (row, column), _ in np.ndenumerate(counts):
        window = padded[row + first : row + first + kernel, column + first : column + first + kernel]
        result[row, column] = weights @ window @ weights
    return result


@given(kernel=st.integers(1, 9), sigma=st.floats(0.3, 5), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=50)
def test_smoothing_equals_its_definition(kernel, sigma, seed):
    counts = np.random.default_rng(seed).integers(0, 9, (5, 7))
    np.testing.assert_allclose(smooth(counts, sigma, kernel), smooth_by_definition(counts, sigma, kernel), atol=1e-12)


def test_a_window_larger_than_the_map_is_mirrored_again():
    assert smooth(np.ones((2, 3)), 10.0, 70) == pytest.approx(np.ones((2, 3)))


def test_sum_over_the_positions_is_one_for_classes_that_occur():
    estimate = SpatialPriorEstimate(3, SHAPE)
    estimate.update(np.tile(np.array([0, 1, 255], np.uint8), (4, 2)))
    np.testing.assert_allclose(estimate.prior(1.0, 3).sum(axis=(1, 2)), [1, 1, 0])


def test_ignored_pixels_are_not_counted():
    estimate = SpatialPriorEstimate(2, SHAPE)
    estimate.update(np.full(SHAPE, 255, np.uint8))
    assert estimate.counts.sum() == 0


def test_labels_of_another_size_are_resized():
    estimate = SpatialPriorEstimate(2, SHAPE)
    estimate.update(np.repeat(np.array([[0, 1]], np.uint8), 9, axis=0))
    assert estimate.counts[1].tolist() == [[0, 0, 0, 1, 1, 1]] * 4


class TestFiles:
    PRIOR = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

    @pytest.mark.parametrize(
        'name, write',
        [
            ('prior.npy', np.save),
            ('prior.npz', lambda path, prior: np.savez(path, prior_array=prior)),
            ('prior_array.mat', lambda path, prior: scipy.io.savemat(path, dict(prior_array=prior.astype(float)))),
        ],
    )
    def test_reads(self, tmp_path, name, write):
        write(tmp_path / name, self.PRIOR)
        got = load_prior(tmp_path / name)
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, self.PRIOR)

    def test_what_is_saved_is_read(self, tmp_path):
        save_prior(tmp_path / 'a/prior.npy', self.PRIOR.astype(float), dict(classes=['road']))
        np.testing.assert_array_equal(load_prior(tmp_path / 'a/prior.npy'), self.PRIOR)
        assert json.loads((tmp_path / 'a/prior.npy.json').read_text()) == dict(classes=['road'])
        assert len(list((tmp_path / 'a').iterdir())) == 2

    def test_a_missing_file_is_named_with_the_tool(self, tmp_path):
        with pytest.raises(FileNotFoundError, match='no spatial prior .*prior.npy: make it with .*make_spatial_prior'):
            load_prior(tmp_path / 'prior.npy')

    @pytest.mark.parametrize(
        'name, write, message',
        [
            ('prior.txt', lambda path: path.write_text('1'), 'is no .npy, .npz, .mat file'),
            ('prior.npy', lambda path: path.write_bytes(b'\x93NUMPY'), 'cannot read the spatial prior .*prior.npy'),
            ('prior.mat', lambda path: path.write_bytes(b'MATLAB 5.0 '), 'cannot read the spatial prior .*prior.mat'),
            ('prior.mat', lambda path: scipy.io.savemat(path, dict(a=np.ones(3))), "no variable 'prior_array'"),
            ('prior.npz', lambda path: np.savez(path, a=np.ones(3)), "no variable 'prior_array'"),
            ('prior.npy', lambda path: np.save(path, np.ones((3, 4))), r'has shape \(3, 4\) .*expected \(classes, '),
            (
                'prior.npy',
                lambda path: np.save(path, np.ones((2, 3, 4), int)),
                'type int64, expected .* floating point',
            ),
            ('prior.npy', lambda path: np.save(path, np.full((2, 3, 4), np.nan)), 'prior.npy holds NaN'),
            ('prior.npy', lambda path: np.save(path, np.array([print]), allow_pickle=True), 'cannot read'),
        ],
    )
    def test_other_files_are_refused(self, tmp_path, name, write, message):
        write(tmp_path / name)
        with pytest.raises(ValueError, match=message):
            load_prior(tmp_path / name)

    def test_matlab_7_3_is_named(self, tmp_path):
        header = b'MATLAB 7.3 MAT-file'.ljust(124) + b'\x00\x02IM'
        (tmp_path / 'prior.mat').write_bytes(header + bytes(64))
        with pytest.raises(ValueError, match='MATLAB 7.3, .* save it with -v7'):
            load_prior(tmp_path / 'prior.mat')

    def test_only_npy_is_written(self, tmp_path):
        with pytest.raises(ValueError, match='written as .npy'):
            save_prior(tmp_path / 'prior.mat', self.PRIOR, {})

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path):
        (tmp_path / 'file').write_text('')
        with pytest.raises(OSError, match='cannot write the spatial prior .*prior.npy .*free some space'):
            save_prior(tmp_path / 'file/prior.npy', self.PRIOR, {})

    def test_killed_while_writing_no_prior_is_left_under_a_wrong_description(self, tmp_path, monkeypatch):
        save_prior(tmp_path / 'prior.npy', self.PRIOR, dict(version=1))
        monkeypatch.setattr('os.replace', lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            save_prior(tmp_path / 'prior.npy', self.PRIOR + 1, dict(version=2))
        assert not (tmp_path / 'prior.npy').exists()


class TestPriorOf:
    @pytest.fixture
    def source(self, tmp_path) -> FolderDataset:
        return make_source(tmp_path / 'source')

    def test_made_of_the_labels(self, tmp_path, source):
        path = prior_of(source, tmp_path / 'prior.npy', **SETTINGS)
        estimate = SpatialPriorEstimate(2, SHAPE)
        for value in (0, 1):
            estimate.update(label(value))
        np.testing.assert_array_equal(load_prior(path), estimate.prior(1.0, 3).astype(np.float32))

    def test_made_once(self, tmp_path, source):
        path = prior_of(source, tmp_path / 'prior.npy', **SETTINGS)
        before = path.stat().st_mtime_ns
        prior_of(source, path, **SETTINGS)
        assert path.stat().st_mtime_ns == before

    def test_progress_is_shown(self, tmp_path, source, monkeypatch):
        shown = mock.Mock(side_effect=lambda items, name: iter(items))
        monkeypatch.setattr('mmuda.datasets.label_statistics.spatial_prior.progress', shown)
        prior_of(source, tmp_path / 'prior.npy', **SETTINGS)
        (items, name), _ = shown.call_args
        assert (len(items), name) == (2, 'Spatial prior')

    @pytest.mark.parametrize('wrapped', [False, True])
    def test_data_set_may_be_a_config(self, tmp_path, source, wrapped):
        config = dict(
            type='FolderDataset',
            data_root=source.data_root,
            metainfo=dict(classes=('a', 'b')),
            data_prefix=dict(img_path='images', seg_map_path='labels'),
        )
        config = dict(type='SubsetDataset', dataset=config) if wrapped else config
        paths = [prior_of(data, tmp_path / f'{i}.npy', **SETTINGS) for i, data in enumerate((source, config))]
        np.testing.assert_array_equal(*map(load_prior, paths))

    @pytest.mark.parametrize(
        'changed, message',
        [
            (dict(sigma=2.0), 'sigma is 1.0, expected 2.0'),
            (dict(kernel=5), 'kernel is 3, expected 5'),
            (dict(shape=(8, 6)), r'shape is \[4, 6\], expected \[8, 6\]'),
        ],
    )
    def test_a_prior_of_other_settings_is_refused(self, tmp_path, source, changed, message):
        path = prior_of(source, tmp_path / 'prior.npy', **SETTINGS)
        with pytest.raises(ValueError, match=f'prior.npy is another spatial prior: {message}'):
            prior_of(source, path, **{**SETTINGS, **changed})

    def test_a_prior_of_other_labels_is_refused(self, tmp_path, source):
        path = prior_of(source, tmp_path / 'prior.npy', **SETTINGS)
        other = make_source(tmp_path / 'other', names=('c', 'd'))
        with pytest.raises(ValueError, match='another spatial prior: labels is '):
            prior_of(other, path, **SETTINGS)

    def test_a_prior_without_description_is_refused(self, tmp_path, source):
        np.save(tmp_path / 'prior.npy', np.ones((2, *SHAPE)))
        with pytest.raises(ValueError, match='no prior.npy.json beside it'):
            prior_of(source, tmp_path / 'prior.npy', **SETTINGS)

    def test_overwrite_replaces_another_one(self, tmp_path, source):
        path = prior_of(source, tmp_path / 'prior.npy', **SETTINGS)
        before = load_prior(path)
        prior_of(source, path, SHAPE, sigma=2.0, kernel=3, overwrite=True)
        assert (load_prior(path) != before).any()

    def test_unlabeled_data_are_refused(self, tmp_path, source):
        unlabeled = FolderDataset(
            data_root=source.data_root, data_prefix=dict(img_path='images'), metainfo=dict(classes=('a', 'b'))
        )
        with pytest.raises(ValueError, match='FolderDataset has none: give a labeled data set'):
            prior_of(unlabeled, tmp_path / 'prior.npy', **SETTINGS)

    @pytest.mark.parametrize('wrong', [dict(sigma=0.0), dict(kernel=0), dict(shape=(0, 4))])
    def test_settings_out_of_range_are_refused(self, tmp_path, source, wrong):
        with pytest.raises(ValueError, match='positive shape, kernel and sigma'):
            prior_of(source, tmp_path / 'prior.npy', **{**SETTINGS, **wrong})


def label(value: int) -> np.ndarray:
    result = np.zeros(SHAPE, np.uint8)
    result[:, 3:] = value
    return result


def make_source(root: Path, names: tuple[str, ...] = ('a', 'b')) -> FolderDataset:
    for value, name in enumerate(names):
        write_image(root / f'images/{name}.png', np.zeros((*SHAPE, 3), np.uint8))
        write_label(root / f'labels/{name}.png', label(value), 'gray')
    return FolderDataset(
        data_root=str(root),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        pipeline=[],
        metainfo=dict(classes=('a', 'b')),
    )
