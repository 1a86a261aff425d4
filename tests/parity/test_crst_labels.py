"""Thresholds, hard and soft labels, and rare classes of CRST (cases of golden/crst)."""

import dataclasses

import numpy as np
import pytest
import torch

from mmuda.pseudo_labels import (
    CachedLogits,
    ClassBalancedLabeler,
    EntropyRegularizedLabeler,
    LogitMapPredictor,
    lrent_kept,
    lrent_soft_labels,
    rare_classes,
)
from tests.helpers.golden import Case, each_case


def maps_of(array: np.ndarray) -> torch.Tensor:
    """The fixtures hold the classes last."""
    return torch.from_numpy(array).movedim(-1, -3)


def with_thresholds(labeler: ClassBalancedLabeler, thresholds: np.ndarray) -> ClassBalancedLabeler:
    zeros = [0] * len(thresholds)
    labeler.load_summary(
        dict(labeler.settings(), thresholds=thresholds.tolist(), class_sizes=zeros, class_pixels=zeros)
    )
    return labeler


def labels(labeler: ClassBalancedLabeler, maps: torch.Tensor) -> np.ndarray:
    return torch.stack([labeler(probabilities).label for probabilities in maps]).numpy()


def label_ids(train_ids: np.ndarray, case: Case) -> np.ndarray:
    table = np.zeros(256, np.uint8)
    table[: len(case['param_train_to_label_id'])] = case['param_train_to_label_id']
    return table[train_ids]


@pytest.mark.parametrize('flipped', [0, 1])
@each_case('crst', 'kc_thresholds*')
def test_probabilities(case, flipped):
    views = np.stack([case['in_logits'], case['in_logits_flipped_image'][..., ::-1]], axis=1)[:, : 1 + flipped]
    predictor, size = LogitMapPredictor(flip=bool(flipped)), tuple(case['param_size'].tolist())
    got = [
        predictor.decode(CachedLogits(logits, size, size, align_corners=True), size)
        for logits in torch.from_numpy(views.copy())
    ]
    np.testing.assert_allclose(torch.stack(got), maps_of(case['out_probability'][flipped]), rtol=2e-5)


@pytest.mark.parametrize('flipped', [0, 1])
@each_case('crst', 'kc_thresholds*')
def test_thresholds(case, flipped):
    maps = maps_of(case['out_probability'][flipped])
    for i, stride in enumerate(case['param_downsampling'].tolist()):
        for j, portion in enumerate(case['param_portions'].tolist()):
            labeler = ClassBalancedLabeler(portion, sampling='crst')
            labeler.rule = dataclasses.replace(labeler.rule, stride=stride)
            labeler.begin(maps.shape[1])
            for _ in range(labeler.num_passes):
                for probabilities in maps:
                    labeler.observe(probabilities)
                labeler.end_pass()
            ranks = labeler.rule.ranks(labeler.class_sizes, portion)
            np.testing.assert_array_equal(labeler.class_pixels, case['out_class_pixels'][flipped])
            np.testing.assert_array_equal(labeler.class_sizes, case['out_list_length'][flipped, i])
            np.testing.assert_array_equal(ranks, case['out_selected'][flipped, i, j])
            np.testing.assert_array_equal(labeler.thresholds_used, case['out_thresholds'][flipped, i, j])


@each_case('crst', 'kc_thresholds*')
def test_predicted_classes(case):
    for maps, prediction in zip(case['out_probability'], case['out_prediction']):
        everything = with_thresholds(ClassBalancedLabeler(sampling='crst'), np.full(maps.shape[-1], 1e-6))
        np.testing.assert_array_equal(labels(everything, maps_of(maps)), prediction)


@each_case('crst', 'kc_thresholds*')
def test_thresholds_where_nothing_is_collected(case):
    labeler = ClassBalancedLabeler(sampling='crst')
    labeler.begin(len(case['out_thresholds_other_policy']))
    for _ in range(labeler.num_passes):
        labeler.end_pass()
    np.testing.assert_array_equal(labeler.thresholds_used, case['out_thresholds_other_policy'])


@each_case('crst', 'pseudo_labels_hard*')
def test_hard_labels(case):
    labeler = with_thresholds(ClassBalancedLabeler(sampling='crst'), case['in_thresholds'])
    train_ids = labels(labeler, maps_of(case['in_probability']))
    np.testing.assert_array_equal(train_ids, case['out_train_ids'])
    np.testing.assert_array_equal(label_ids(train_ids, case), case['out_label_ids'])


@each_case('crst', 'lrent_labels*')
def test_soft_labels(case):
    maps, thresholds = maps_of(case['in_probability']), torch.from_numpy(case['in_thresholds'])
    for row, alpha in enumerate(case['param_alphas'].tolist()):
        soft = lrent_soft_labels(maps, thresholds, alpha)
        np.testing.assert_allclose(soft, maps_of(case['out_soft_labels'][row]), rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(lrent_kept(maps, thresholds, alpha), case['out_train_ids'][row] != 255)
        labeler = with_thresholds(EntropyRegularizedLabeler(alpha=alpha), case['in_thresholds'])
        train_ids = labels(labeler, maps)
        np.testing.assert_array_equal(train_ids, case['out_train_ids'][row])
        np.testing.assert_array_equal(label_ids(train_ids, case), case['out_label_ids'][row])


@each_case('crst', 'mining*', without='mining_crop*')
def test_mining(case):
    for pixels, mine, smallest in zip(case['in_class_pixels'], case['out_mine_ids'], case['out_rare_ids']):
        rare = rare_classes(pixels, int(case['param_rare_number']), float(case['param_mine_portion']), variant='crst')
        assert rare.priority == mine[mine >= 0].tolist()
        assert rare.smallest == smallest.tolist()
