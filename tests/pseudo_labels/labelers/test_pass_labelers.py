"""Labelers of Monte-Carlo dropout on the example of the method card: five passes over three classes."""

import numpy as np
import pytest
import torch

from mmuda.pseudo_labels import (
    MeanPassLabeler,
    MeanStdPassLabeler,
    MinimumPassLabeler,
    NegativePassLabeler,
    PassPredictions,
    PassStatistics,
)

SUMS = [[3.6, 0.3, 0.1], [3.4, 0.4, 0.2], [3.0, 0.8, 0.2], [3.5, 0.3, 0.2], [3.3, 0.5, 0.2]]  # of four views


def passes(warm: bool = False) -> torch.Tensor:
    statistics = PassStatistics()
    for sums in SUMS:
        statistics.update(torch.tensor(sums).reshape(3, 1, 1) / 4)
    values = [statistics.mean, statistics.minimum, statistics.std]
    return PassPredictions(*values, *((statistics.mean, statistics.std) if warm else ())).stacked()


def test_mean_keeps_the_pixel():
    planes = MeanPassLabeler()(passes())
    assert planes.label.item() == 0 and planes.confidence.item() == pytest.approx(0.84)


def test_minimum_does_not():
    planes = MinimumPassLabeler()(passes())
    assert planes.label.item() == 255 and planes.confidence.item() == pytest.approx(0.75)
    assert MinimumPassLabeler(0.75)(passes()).label.item() == 0


def test_deviation_does_not_and_the_label_by_the_mean_is_stored_beside():
    arrays = MeanStdPassLabeler()(passes()).arrays()
    assert [plane.name for plane in MeanStdPassLabeler.planes] == list(arrays)
    assert (arrays['label'].item(), arrays['mean_label'].item()) == (255, 0)
    assert arrays['std'].item() == pytest.approx(0.2059 / 4, abs=1e-4)


def test_negative_label_needs_a_low_deviation():
    strict, loose = (
        NegativePassLabeler(max_std=limit)(passes(warm=True)).arrays()['negative'] for limit in (0.005, 0.02)
    )
    assert strict.ravel().tolist() == [False] * 3
    assert loose.ravel().tolist() == [False, False, True]


def test_planes_of_the_positive_labeler_are_stored_beside_the_masks():
    labeler = NegativePassLabeler(positive=dict(type='MinimumPassLabeler', threshold=0.7))
    arrays = labeler(passes(warm=True)).arrays()
    assert [plane.name for plane in labeler.planes] == list(arrays) == ['label', 'confidence', 'negative']
    assert arrays['negative'].dtype == bool and arrays['negative'].shape == (3, 1, 1)
    assert arrays['label'].item() == 0


def test_the_most_probable_class_is_never_excluded():
    flat = torch.full((30, 1, 1), 1 / 30)
    negative = NegativePassLabeler()(PassPredictions(flat, flat, flat * 0, flat, flat * 0).stacked()).negative
    assert negative.sum() == 29 and not negative[0]


@pytest.mark.parametrize('index', ['minimum', 'mean'])
def test_rule_of_the_index(index):
    """Class 1 has the largest minimum, class 0 the largest mean: below one half they can differ."""
    mean, minimum = torch.tensor([0.45, 0.4, 0.15]), torch.tensor([0.2, 0.3, 0.1])
    stacked = torch.stack([mean, minimum])[..., None, None]
    label = MinimumPassLabeler(0.25, index)(stacked).label.item()
    assert label == (1 if index == 'minimum' else 255)


@pytest.mark.parametrize('labeler', [MeanStdPassLabeler(), NegativePassLabeler()], ids=lambda one: type(one).__name__)
def test_one_pass_has_no_deviation(labeler):
    one = passes()[:2]
    with pytest.raises(ValueError, match='one pass has no standard deviation: set passes .* 2|set temperature'):
        labeler(one)


def test_negative_labels_without_a_temperature_are_refused():
    with pytest.raises(ValueError, match='set temperature of MCDropoutPredictor'):
        NegativePassLabeler()(passes())


@pytest.mark.parametrize('labeler', [MeanPassLabeler(), MinimumPassLabeler(), MeanStdPassLabeler()])
def test_a_temperature_that_has_no_effect_is_refused(labeler):
    with pytest.raises(ValueError, match='temperature of MCDropoutPredictor has no effect .* remove it, or label with'):
        labeler(passes(warm=True))


@pytest.mark.parametrize('labeler', [MeanPassLabeler(), MinimumPassLabeler(), MeanStdPassLabeler()])
def test_probabilities_of_one_prediction_are_refused(labeler):
    with pytest.raises(ValueError, match=r"got \(3, 1, 1\): .* need predictor=dict\(type='MCDropoutPredictor'"):
        labeler(torch.rand(3, 1, 1))


@pytest.mark.parametrize(
    'make',
    [
        lambda: MeanPassLabeler(1.5),
        lambda: MinimumPassLabeler(-0.1),
        lambda: MeanStdPassLabeler(max_std=2.0),
        lambda: NegativePassLabeler(max_mean=-1.0),
    ],
)
def test_thresholds_out_of_range_are_refused(make):
    with pytest.raises(ValueError, match=r'must lie in \[0, 1\]'):
        make()


def test_unknown_index_is_refused():
    with pytest.raises(ValueError, match='index must be one of .* got .max.'):
        MinimumPassLabeler(index='max')


def test_descriptions_hold_the_settings():
    labeler = NegativePassLabeler(positive=dict(type='MeanPassLabeler', threshold=0.7), max_mean=0.1)
    assert labeler.description() == dict(
        type='NegativePassLabeler',
        positive=dict(type='MeanPassLabeler', threshold=0.7),
        max_mean=0.1,
        max_std=0.005,
    )
    assert np.isclose(MinimumPassLabeler(index='mean').description()['threshold'], 0.8)
