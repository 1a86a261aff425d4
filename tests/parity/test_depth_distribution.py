"""Mixtures, densities and pseudo labels of Depth Distribution (cases of golden/depdis)."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmuda.datasets.depth_samples import nearest_on_grid
from mmuda.datasets.files.depth_files import inverse_depth
from mmuda.datasets.label_maps import lookup_array
from mmuda.datasets.seven_classes import SEVEN_CLASSES, SYNTHIA_IDS_7
from mmuda.models.density import MixtureDensity, Mixtures
from mmuda.models.density.mixture_density import mixture_likelihood
from mmuda.pseudo_labels.labelers.component_labeler import ComponentLabeler
from mmuda.pseudo_labels.thresholds.components import component_thresholds, remove_small_components
from tests.helpers.golden import Case, each_case, each_variant


def density_of(case: Case) -> MixtureDensity:
    """A density of the 7 classes with the mixtures of the case."""
    listed = case['param_gmm_classes']
    mean = np.zeros((len(SEVEN_CLASSES), *case['in_gmm_mean'].shape[1:]))
    variance, weight = np.ones_like(mean), np.zeros(mean.shape[:2])
    mean[listed], variance[listed], weight[listed] = (case[f'in_gmm_{key}'] for key in ('mean', 'var', 'weight'))
    grid = tuple(case['param_grid_hw'].tolist())
    density = MixtureDensity(len(SEVEN_CLASSES), grid)
    density.set(Mixtures(mean, variance, weight, SEVEN_CLASSES, grid), 'the case')
    return density


@each_case('depdis', 'gmm_kernel*')
def test_likelihood_of_points(case):
    mixtures = (torch.from_numpy(case[f'in_gmm_{key}']) for key in ('mean', 'var', 'weight'))
    index = torch.from_numpy(case['in_mixture_index'])
    points = torch.from_numpy(case['in_point_xyz']).double()
    got, want = mixture_likelihood(points, index, *mixtures).numpy(), case['out_p']
    narrow = (np.abs(got - want) > 1e-14 + 2e-5 * np.abs(want)).nonzero()[0]  # far out on the sky of deviation 1e-3
    assert np.isin(case['in_mixture_index'][narrow], case['in_gmm_var'][..., 2].min(1).argsort()[:2]).all()
    np.testing.assert_allclose(got[narrow], want[narrow], rtol=2e-3, atol=1e-14)
    assert len(narrow) < len(got) / 50


@each_case('depdis', 'gmm_density_target*')
def test_density_of_the_target(case):
    classes, depth = torch.from_numpy(case['in_pred_class'])[None].long(), torch.from_numpy(case['in_depth'])[None]
    density = density_of(case)(classes, depth)
    assert density.dtype == torch.float32
    got = density.where(depth > 0, 0)[0].numpy()
    sky = case['in_pred_class'] == case['param_sky_class']
    error = np.abs(got - case['out_density'])
    assert error[~sky].max() <= 2e-3 and error[sky].max() <= 0.5


@each_case('depdis', 'gmm_density_source*')
def test_density_of_the_source(case):
    density = density_of(case)
    lookup = lookup_array(SYNTHIA_IDS_7)
    true = nearest_on_grid(lookup[case['in_synthia_ids']], density.grid)
    depth = nearest_on_grid(inverse_depth(case['in_depth_cm']), density.grid)

    def evaluated(classes: np.ndarray) -> np.ndarray:
        z = np.where(true == classes, depth, np.float32(0))
        return density(torch.from_numpy(classes)[None].long(), torch.from_numpy(z)[None])[0].numpy()

    np.testing.assert_allclose(evaluated(case['in_pred_class']), case['out_density'], rtol=0, atol=5e-3)
    for index, want in zip(case['param_gmm_classes'], case['out_density_maps']):
        np.testing.assert_allclose(evaluated(np.full_like(true, index)), want, rtol=0, atol=5e-3)


def mixture_of(case: Case, steps: int, tol: float) -> Any:
    """Scikit-learn's mixture, started as the case was."""
    from sklearn.mixture import GaussianMixture

    means = case['in_mean_init'].astype(np.float64)
    return GaussianMixture(
        len(means),
        covariance_type='diag',
        means_init=means,
        precisions_init=np.full(means.shape, 1 / case['param_var_init']),
        weights_init=np.full(len(means), 1 / len(means)),
        reg_covar=float(case['param_eps']),
        tol=tol,
        max_iter=steps,
    )


@pytest.mark.filterwarnings('ignore:.*converge')
@each_case('depdis', 'gmm_fit*')
def test_expectation_maximization(case):
    pytest.importorskip('sklearn')
    steps = int(case['out_num_em_steps'])
    assert steps < case['param_max_iter']
    samples = case['in_samples'].astype(np.float64)
    mixture = mixture_of(case, steps, tol=0).fit(samples)
    np.testing.assert_allclose(mixture.means_, case['out_mean'], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(mixture.covariances_, case['out_var'], rtol=1e-3, atol=0.03)
    np.testing.assert_allclose(mixture.weights_, case['out_weight'], rtol=0, atol=1e-4)
    assert mixture.score(samples) == pytest.approx(float(case['out_log_likelihood']), abs=2e-3)
    np.testing.assert_array_equal(mixture.predict(samples), case['out_component'])
    # scikit-learn compares the likelihoods before two steps, the original those after them: one step more
    free = mixture_of(case, int(case['param_max_iter']), tol=float(case['param_delta'])).fit(samples)
    assert free.n_iter_ == steps + 1


@each_variant('depdis', 'component_thresholds*', 'param_base_span_')
def test_thresholds_by_frequency(case, suffix):
    weights = case[f'param_weight_{suffix.rpartition("_")[2]}']
    got = component_thresholds(1 / (len(weights) * weights), *case[f'param_base_span_{suffix}'].tolist())
    tolerance = {4950: 5.5, 900: 1.05, 50: 0.55}[int(case[f'param_base_span_{suffix}'][1])]
    assert np.abs(np.array(got) - case[f'out_threshold_{suffix}']).max() <= tolerance + 0.5  # ours are rounded


@each_variant('depdis', 'pseudo_labels*', 'param_threshold_')
def test_pseudo_labels(case, suffix):
    size = tuple(case['param_size_hw'].tolist())
    logits = F.interpolate(torch.from_numpy(case['in_logits']), size, mode='bilinear', align_corners=True)
    probabilities = logits.softmax(1)[0]
    min_pixels = case[f'param_threshold_{suffix}'].tolist()
    threshold = float(case['param_confidence'])
    labeler = ComponentLabeler(threshold, min_pixels)
    before = case['out_label_before_prior']
    np.testing.assert_array_equal(remove_small_components(before, min_pixels), case[f'out_label_{suffix}'])
    planes = labeler(probabilities)
    unsure = (planes.confidence - threshold).abs().numpy() < 1e-5
    confident = ComponentLabeler(threshold, [1] * len(min_pixels))(probabilities).label.numpy()
    assert (unsure | (confident == before)).all()
    if (confident == before).all():
        np.testing.assert_array_equal(planes.label.numpy(), case[f'out_label_{suffix}'])
    if 'param_file_name' in case:  # ours is a PNG in the folder of the image
        assert case['param_file_name'].item() == f'{case["param_image_name"].item()}.tiff'


@each_case('depdis', 'spatial_prior*')
def test_small_components(case):
    got = remove_small_components(case['in_label'], case['param_threshold'].tolist())
    np.testing.assert_array_equal(got, case['out_label'])
