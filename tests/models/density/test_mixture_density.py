import math

import numpy as np
import pytest
import torch

from mmuda.models.density import MixtureDensity, Mixtures, fit_mixtures
from tests.helpers.host_reads import HostReads

CLASSES = ('road', 'sky')


def toy_mixtures(grid: tuple[int, int] = (3, 2)) -> Mixtures:
    mean = np.array([[[1, 1, 50.0]], [[1, 1, 100.0]]])
    variance = np.array([[[400, 400, 225.0]], [[400, 400, 400.0]]])
    return Mixtures(mean, variance, np.ones((2, 1)), CLASSES, grid)


def toy_density() -> MixtureDensity:
    density = MixtureDensity(2, (3, 2), components=1)
    density.set(toy_mixtures(), 'the test')
    return density


PREDICTED = torch.tensor([[[0, 0], [0, 1], [1, 0]]])
DEPTH = torch.tensor([[[50.0, 65], [0, 100], [-3, 50]]])


def test_map_of_predicted_depth():
    density = toy_density()(PREDICTED, DEPTH).where(DEPTH > 0, 0)
    expected = [[254.993360, 254.580709], [0, 254.908868], [0, 254.993447]]
    np.testing.assert_allclose(density[0].numpy(), expected, rtol=0, atol=1e-4)


def test_map_of_true_depth_is_evaluated_at_0_where_the_class_is_another():
    true = torch.tensor([[[0, 1], [0, 1], [0, 0]]])
    depth = torch.tensor([[[50.0, 65], [0, 100], [-3, 50]]]).where(true == PREDICTED, 0)
    expected = [[254.993360, 10.209087], [10.209087, 254.908868], [0.007523, 254.993447]]
    np.testing.assert_allclose(toy_density()(PREDICTED, depth)[0].numpy(), expected, rtol=0, atol=1e-4)


def test_each_class_alone_is_what_all_classes_everywhere_give():
    rng = np.random.default_rng(0)
    density = MixtureDensity(4, (5, 7), components=3)
    mean, variance = rng.uniform(0, 8, (4, 3, 3)), rng.uniform(1, 4, (4, 3, 3))
    density.set(Mixtures(mean, variance, rng.dirichlet(np.ones(3), 4), ('a', 'b', 'c', 'd'), (5, 7)), 'the test')
    classes, depth = torch.from_numpy(rng.integers(0, 4, (2, 5, 7))), torch.from_numpy(rng.uniform(0, 8, (2, 5, 7)))
    everywhere = torch.stack([density(torch.full_like(classes, index), depth) for index in range(4)])
    assert torch.equal(density(classes, depth), everywhere.gather(0, classes[None])[0])


def test_a_larger_scale_is_as_many_pixels_of_the_class():
    density = MixtureDensity(2, (3, 2), components=1, scale=3e6)
    density.set(toy_mixtures(), 'the test')
    once, thrice = (1 - model(PREDICTED, DEPTH) / 255 for model in (toy_density(), density))
    torch.testing.assert_close(thrice, once**3, rtol=1e-3, atol=1e-6)
    assert (thrice < once).all()


def test_depth_variance_gives_a_class_of_one_depth_a_density_about_it():
    mixtures = toy_mixtures()
    mixtures.variance[1, 0, 2] = 1e-6
    exact, tolerant = (MixtureDensity(2, (3, 2), components=1, depth_variance=added) for added in (0, 25))
    for density in (exact, tolerant):
        density.set(mixtures, 'the test')
    sky, depth = torch.ones(1, 3, 2, dtype=torch.long), torch.tensor([[[100.0, 101], [95, 105], [50, 150]]])
    assert (exact(sky, depth) > 1).flatten().tolist() == [True] + 5 * [False]
    near = tolerant.likelihood(sky, depth).flatten() / tolerant.likelihood(sky, depth)[0, 0, 0]
    np.testing.assert_allclose(near[1:4], np.exp([-1 / 50, -0.5, -0.5]) * np.exp([-1 / 800, -1 / 800, 0]), rtol=0.01)
    assert torch.equal(tolerant.variance, exact.variance)  # what a checkpoint has does not change


@pytest.mark.parametrize('option', [dict(scale=0), dict(depth_variance=-1)])
def test_impossible_numbers_are_refused(option):
    (name,) = option
    with pytest.raises(ValueError, match=f'MixtureDensity: .*{name} = {option[name]}, expected'):
        MixtureDensity(2, (3, 2), **option)


def test_only_the_first_map_waits_for_the_device():
    density = toy_density()
    density(PREDICTED, DEPTH)
    with HostReads() as reads:
        density(PREDICTED, DEPTH)
    assert reads.found == []


def test_a_checkpoint_has_the_mixtures():
    loaded = MixtureDensity(2, (3, 2), components=1)
    loaded.load_state_dict(toy_density().state_dict())
    assert loaded.is_set and torch.equal(loaded(PREDICTED, DEPTH), toy_density()(PREDICTED, DEPTH))


def test_mixtures_of_a_file(tmp_path):
    toy_mixtures().save(tmp_path / 'a' / 'depth.npz')
    density = MixtureDensity(2, (3, 2), components=1)
    density.set(Mixtures.load(tmp_path / 'a' / 'depth.npz'), 'the file', CLASSES)
    assert torch.equal(density(PREDICTED, DEPTH), toy_density()(PREDICTED, DEPTH))


def test_density_without_mixtures_says_what_is_missing():
    with pytest.raises(ValueError, match='there are no mixtures yet. Put DepthDistributionHook into custom_hooks'):
        MixtureDensity(2, (3, 2))(PREDICTED, DEPTH)


def test_maps_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r'expected \(N, 3, 2\): set grid of MixtureDensity'):
        toy_density()(PREDICTED[:, :2], DEPTH[:, :2])


@pytest.mark.parametrize('num_classes, grid', [(3, (3, 2)), (2, (6, 4))])
def test_mixtures_of_another_class_set_or_grid_are_refused(num_classes, grid):
    with pytest.raises(ValueError, match=r'depth\.npz have \(classes, components, grid .* = \(2, 1, 3, 2\), expected'):
        MixtureDensity(num_classes, grid, components=1).set(toy_mixtures(), 'depth.npz')


def test_mixtures_of_classes_in_another_order_are_refused():
    with pytest.raises(ValueError, match=r"classes \('road', 'sky'\), expected \('sky', 'road'\)"):
        toy_density().set(toy_mixtures(), 'the test', ('sky', 'road'))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no file of mixtures .*a\.npz'):
        Mixtures.load(tmp_path / 'a.npz')


def test_damaged_file_is_named(tmp_path):
    (tmp_path / 'a.npz').write_bytes(b'PK')
    with pytest.raises(OSError, match=r'a\.npz is no file of mixtures'):
        Mixtures.load(tmp_path / 'a.npz')


class TestFit:
    def samples(self) -> list[np.ndarray]:
        rng = np.random.default_rng(0)
        road = np.concatenate([rng.normal((20, 30, 50), (2, 3, 4), (300, 3)), rng.normal((60, 10, 9), 1, (100, 3))])
        sky = np.stack([*rng.uniform(0, 40, (2, 200)), np.ones(200)], axis=-1)
        return [road, sky]

    def test_clusters_are_found(self):
        pytest.importorskip('sklearn')
        mixtures = fit_mixtures(self.samples(), CLASSES, (40, 80), components=2)
        heavy = mixtures.weight[0].argmax()
        np.testing.assert_allclose(mixtures.mean[0, heavy], (20, 30, 50), atol=1)
        np.testing.assert_allclose(mixtures.weight[0, heavy], 0.75, atol=0.01)
        np.testing.assert_allclose(mixtures.variance[1, :, 2], 1e-6, rtol=1e-3)  # the sky has one depth
        assert mixtures.grid == (40, 80) and mixtures.classes == CLASSES

    def test_the_start_is_that_of_the_published_code(self, monkeypatch):
        mixture = pytest.importorskip('sklearn.mixture')
        given = []

        class Recorded(mixture.GaussianMixture):
            def fit(self, rows):
                given.append(self)
                return super().fit(rows)

        monkeypatch.setattr(mixture, 'GaussianMixture', Recorded)
        fit_mixtures(self.samples()[:1], CLASSES[:1], (40, 80), components=2)
        (start,) = given
        assert (start.precisions_init == 1).all() and (start.weights_init == 0.5).all()
        np.testing.assert_allclose(sorted(start.means_init[:, 0]), (20, 60), atol=1)

    def test_one_seed_gives_one_result(self):
        pytest.importorskip('sklearn')
        first, second = (fit_mixtures(self.samples(), CLASSES, (40, 80), seed=3) for _ in range(2))
        np.testing.assert_array_equal(first.mean, second.mean)

    @pytest.mark.parametrize('rows', [1, 2])
    def test_classes_with_few_samples_have_fewer_components(self, rows):
        pytest.importorskip('sklearn')
        samples = [self.samples()[0], np.array([[3.0, 4, 5], [6, 7, 8]])[:rows]]
        mixtures = fit_mixtures(samples, CLASSES, (40, 80), components=5)
        assert (mixtures.weight[1] > 0).sum() == rows
        assert np.isfinite(mixtures.mean).all() and (mixtures.variance > 0).all()
        assert math.isclose(mixtures.weight[1].sum(), 1)

    def test_absent_classes_are_named(self):
        with pytest.raises(ValueError, match=r"classes \['sky'\] do not occur with a valid depth in the source set"):
            fit_mixtures([self.samples()[0], np.empty((0, 3))], CLASSES, (40, 80))

    def test_missing_scikit_learn_is_named(self, monkeypatch):
        monkeypatch.setitem(__import__('sys').modules, 'sklearn.mixture', None)
        with pytest.raises(ImportError, match="needs scikit-learn: pip install 'scikit-learn"):
            fit_mixtures(self.samples(), CLASSES, (40, 80))
