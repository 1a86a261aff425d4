"""Thresholds, labels, spatial prior and rare classes of ST and CBST (cases of golden/cbst)."""
import dataclasses

import numpy as np
import pytest
import torch

from mmuda.pseudo_labels import ClassBalancedLabeler, SpatialPriorEstimate, rare_classes
from mmuda.pseudo_labels.assignment import reweighted_class, top_class
from mmuda.pseudo_labels.spatial_prior import smooth
from tests.parity.golden import load_case


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
    return torch.stack([labeler(probabilities)[0] for probabilities in maps]).numpy()


def assert_same(labeler: ClassBalancedLabeler, maps: torch.Tensor, case: dict, row: int, suffix: str = '') -> None:
    np.testing.assert_array_equal(labeler.thresholds.double(), case[f'out_thresholds{suffix}'][row])
    np.testing.assert_array_equal(labeler.thresholds_used.double(), case[f'out_thresholds_used{suffix}'][row])
    np.testing.assert_array_equal(labeler.class_sizes, case[f'out_class_size{suffix}'])
    np.testing.assert_array_equal(labels(labeler, maps), case[f'out_train_ids{suffix}'][row])


def label_ids(train_ids: np.ndarray, task: str) -> np.ndarray:
    """What the published code writes: label ids, 0 for ignored pixels."""
    table = np.zeros(256, np.uint8)
    ids = load_case('cbst', 'label_maps')[f'out_{task}_class_to_label_id']
    table[:len(ids)] = ids
    return table[train_ids]


@pytest.mark.parametrize('name, policy', [('thresholds_cb', 'class'), ('thresholds_global', 'global')])
def test_thresholds_and_labels(name, policy):
    case = load_case('cbst', name)
    maps = torch.from_numpy(case['in_maps'])
    for row, portion in enumerate(case['param_portions'].tolist()):
        labeler = fitted(ClassBalancedLabeler(portion, policy), maps, case['param_stride'])
        assert_same(labeler, maps, case, row)


@pytest.mark.parametrize('suffix, policy', [('_cb', 'class'), ('_global', 'global')])
def test_thresholds_and_labels_with_prior(suffix, policy):
    case = load_case('cbst', 'spatial_prior')
    maps = torch.from_numpy(case['in_maps'])
    for row, portion in enumerate(case['param_portions'].tolist()):
        labeler = fitted(ClassBalancedLabeler(portion, policy, prior=case['in_prior']), maps, case['param_stride'])
        assert_same(labeler, maps, case, row, suffix)
        np.testing.assert_array_equal(
            label_ids(labels(labeler, maps), 'gta'), case[f'out_label_ids{suffix}'][row])


def test_reweighted_classes_with_prior():
    case = load_case('cbst', 'spatial_prior')
    products = torch.from_numpy(case['in_maps'] * case['in_prior'])
    for thresholds, expected in zip(case['out_thresholds_used_cb'], case['out_rw_train_ids_cb']):
        got = [reweighted_class(scores, torch.from_numpy(thresholds).float())[1] for scores in products]
        np.testing.assert_array_equal(torch.stack(got), expected)


def test_predicted_classes_with_and_without_prior():
    case = load_case('cbst', 'spatial_prior')
    for key, maps in (('plain', case['in_maps']), ('product', case['in_maps'] * case['in_prior'])):
        got = [top_class(torch.from_numpy(scores))[1] for scores in maps]
        np.testing.assert_array_equal(torch.stack(got), case[f'out_{key}_argmax_train_ids'])


@pytest.mark.parametrize('name, task', [('pseudo_labels', 'gta'), ('pseudo_labels_16', 'synthia')])
def test_assignment(name, task):
    case = load_case('cbst', name)
    labeler = ClassBalancedLabeler()
    labeler.begin(case['in_maps'].shape[1])
    labeler.load_summary(dict(
        labeler.settings(), thresholds=case['in_thresholds'].tolist(),
        class_sizes=[0] * labeler.num_classes, class_pixels=[0] * labeler.num_classes))
    np.testing.assert_array_equal(labeler.thresholds_used.double(), case['out_thresholds_used'])
    maps = torch.from_numpy(case['in_maps'])
    train_ids = labels(labeler, maps)
    np.testing.assert_array_equal(train_ids, case['out_train_ids'])
    np.testing.assert_array_equal(label_ids(train_ids, task), case['out_label_ids'])
    ratio, reweighted = zip(*(reweighted_class(scores, labeler.thresholds_used) for scores in maps))
    np.testing.assert_array_equal(torch.stack(ratio), case['out_ratio_max'])
    np.testing.assert_array_equal(torch.stack(reweighted), case['out_rw_train_ids'])
    np.testing.assert_array_equal(label_ids(torch.stack(reweighted).numpy(), task), case['out_rw_label_ids'])


def test_prior_estimate():
    case = load_case('cbst', 'derived_prior_estimate')
    sigma, kernel = float(case['param_sigma']), int(case['param_kernel'])
    estimate = SpatialPriorEstimate(int(case['param_num_classes']), case['in_labels'].shape[1:])
    for label in case['in_labels']:
        estimate.update(label)
    np.testing.assert_array_equal(estimate.counts, case['out_counts'])
    blurred = [smooth(counts, sigma, kernel) for counts in estimate.counts]
    np.testing.assert_allclose(blurred, case['out_blurred'], rtol=0, atol=1e-12)
    np.testing.assert_allclose(estimate.prior(sigma, kernel), case['out_prior'], rtol=0, atol=1e-12)


@pytest.mark.parametrize('num_classes', [19, 16])
def test_mining_classes(num_classes):
    case = load_case('cbst', 'mining_classes')
    number = int(case['param_mine_number'])
    for sizes, mask, ids in zip(*(case[f'{key}_{num_classes}'] for key in (
            'in_class_size', 'out_priority_mask', 'out_mine_ids'))):
        rare = rare_classes(sizes, number, float(case['param_mine_thresh']))
        assert rare.priority == np.flatnonzero(mask).tolist()
        # The published code orders equal shares by an unstable sort: there only the shares are compared.
        np.testing.assert_array_equal(sizes[rare.smallest], sizes[ids])
        smallest = np.sort(sizes)[:number + 1]
        if len(np.unique(smallest)) == len(smallest):
            assert rare.smallest == ids.tolist()
