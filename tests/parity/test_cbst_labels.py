"""Thresholds, labels, spatial prior and rare classes of ST and CBST (cases of golden/cbst)."""

import dataclasses

import numpy as np
import torch

from mmuda.datasets.label_statistics.spatial_prior import SpatialPriorEstimate, smooth
from mmuda.pseudo_labels import ClassBalancedLabeler, rare_classes
from mmuda.pseudo_labels.thresholds.assignment import reweighted_class, top_class
from tests.helpers.golden import Case, each_case, each_variant
from tests.helpers.label_ids import label_ids

POLICIES = {'cb': 'class', 'global': 'global'}  # name in the cases, and ours


def fitted(labeler: ClassBalancedLabeler, maps: torch.Tensor, stride: int) -> ClassBalancedLabeler:
    """The labeler after its passes over maps (N, C, H, W)."""
    labeler.rule = dataclasses.replace(labeler.rule, stride=int(stride))
    labeler.begin(maps.shape[1])
    for _ in range(labeler.num_passes):
        for probabilities in maps:
            labeler.observe(probabilities)
        labeler.end_pass()
    return labeler


def labels(labeler: ClassBalancedLabeler, maps: torch.Tensor) -> np.ndarray:
    return torch.stack([labeler(probabilities).label for probabilities in maps]).numpy()


def assert_same(labeler: ClassBalancedLabeler, maps: torch.Tensor, case: Case, row: int, suffix: str = '') -> None:
    np.testing.assert_array_equal(labeler.thresholds.double(), case[f'out_thresholds{suffix}'][row])
    np.testing.assert_array_equal(labeler.thresholds_used.double(), case[f'out_thresholds_used{suffix}'][row])
    np.testing.assert_array_equal(labeler.class_sizes, case[f'out_class_size{suffix}'])
    np.testing.assert_array_equal(labels(labeler, maps), case[f'out_train_ids{suffix}'][row])


@each_case('cbst', 'thresholds_*')
def test_thresholds_and_labels(case):
    policy = POLICIES[case.name.split('_')[1]]
    maps = torch.from_numpy(case['in_maps'])
    for row, portion in enumerate(case['param_portions'].tolist()):
        labeler = fitted(ClassBalancedLabeler(portion, policy), maps, case['param_stride'])
        assert_same(labeler, maps, case, row)


@each_variant('cbst', 'spatial_prior*', 'out_thresholds_used')
def test_thresholds_and_labels_with_prior(case, suffix):
    policy = POLICIES[suffix.removeprefix('_')]
    maps = torch.from_numpy(case['in_maps'])
    for row, portion in enumerate(case['param_portions'].tolist()):
        labeler = fitted(ClassBalancedLabeler(portion, policy, prior=case['in_prior']), maps, case['param_stride'])
        assert_same(labeler, maps, case, row, suffix)
        np.testing.assert_array_equal(
            label_ids(labels(labeler, maps), maps.shape[1]), case[f'out_label_ids{suffix}'][row]
        )


@each_variant('cbst', 'spatial_prior*', 'out_rw_train_ids')
def test_reweighted_classes_with_prior(case, suffix):
    products = torch.from_numpy(case['in_maps'] * case['in_prior'])
    for thresholds, expected in zip(case[f'out_thresholds_used{suffix}'], case[f'out_rw_train_ids{suffix}']):
        got = [reweighted_class(scores, torch.from_numpy(thresholds).float())[1] for scores in products]
        np.testing.assert_array_equal(torch.stack(got), expected)


@each_case('cbst', 'spatial_prior*')
def test_predicted_classes_with_and_without_prior(case):
    for key, maps in (('plain', case['in_maps']), ('product', case['in_maps'] * case['in_prior'])):
        got = [top_class(torch.from_numpy(scores))[1] for scores in maps]
        np.testing.assert_array_equal(torch.stack(got), case[f'out_{key}_argmax_train_ids'])


@each_case('cbst', 'pseudo_labels*')
def test_assignment(case):
    labeler = ClassBalancedLabeler()
    labeler.begin(case['in_maps'].shape[1])
    labeler.load_summary(
        dict(
            labeler.settings(),
            thresholds=case['in_thresholds'].tolist(),
            class_sizes=[0] * labeler.num_classes,
            class_pixels=[0] * labeler.num_classes,
        )
    )
    np.testing.assert_array_equal(labeler.thresholds_used.double(), case['out_thresholds_used'])
    maps = torch.from_numpy(case['in_maps'])
    train_ids = labels(labeler, maps)
    np.testing.assert_array_equal(train_ids, case['out_train_ids'])
    np.testing.assert_array_equal(label_ids(train_ids, labeler.num_classes), case['out_label_ids'])
    ratio, reweighted = zip(*(reweighted_class(scores, labeler.thresholds_used) for scores in maps))
    np.testing.assert_array_equal(torch.stack(ratio), case['out_ratio_max'])
    np.testing.assert_array_equal(torch.stack(reweighted), case['out_rw_train_ids'])
    reweighted_ids = label_ids(torch.stack(reweighted).numpy(), labeler.num_classes)
    np.testing.assert_array_equal(reweighted_ids, case['out_rw_label_ids'])


@each_case('cbst', 'derived_prior_estimate*')
def test_prior_estimate(case):
    sigma, kernel = float(case['param_sigma']), int(case['param_kernel'])
    estimate = SpatialPriorEstimate(int(case['param_num_classes']), case['in_labels'].shape[1:])
    for label in case['in_labels']:
        estimate.update(label)
    np.testing.assert_array_equal(estimate.counts, case['out_counts'])
    blurred = [smooth(counts, sigma, kernel) for counts in estimate.counts]
    np.testing.assert_allclose(blurred, case['out_blurred'], rtol=0, atol=1e-12)
    np.testing.assert_allclose(estimate.prior(sigma, kernel), case['out_prior'], rtol=0, atol=1e-12)


@each_variant('cbst', 'mining_classes*', 'in_class_size')
def test_mining_classes(case, suffix):
    number = int(case['param_mine_number'])
    for sizes, mask, ids in zip(
        *(case[key + suffix] for key in ('in_class_size', 'out_priority_mask', 'out_mine_ids'))
    ):
        rare = rare_classes(sizes, number, float(case['param_mine_thresh']))
        assert rare.priority == np.flatnonzero(mask).tolist()
        # The published code orders equal shares by an unstable sort: there only the shares are compared.
        np.testing.assert_array_equal(sizes[rare.smallest], sizes[ids])
        smallest = np.sort(sizes)[: number + 1]
        if len(np.unique(smallest)) == len(smallest):
            assert rare.smallest == ids.tolist()
