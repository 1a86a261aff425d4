import math

import pytest
import torch

from mmuda.pseudo_labels.confident_images import class_confidences, confidence_score, select_confident


def two_classes(first: list[float]) -> torch.Tensor:
    """Probabilities (2, 1, W) with those of the first class given."""
    first = torch.tensor(first, dtype=torch.float64)
    return torch.stack([first, 1 - first])[:, None]


def worked_example() -> torch.Tensor:
    """Three classes, 2 x 8 pixels, of which the first row is of class 0 and the second of class 1."""
    first = [[.9, .8, .7, .6, .55, .5, .45, .4], [.1, .2, .3, .05, .25, .2, .15, .35]]
    second = [[.05, .15, .2, .3, .35, .3, .4, .35], [.6, .5, .45, .9, .4, .7, .55, .5]]
    first, second = torch.tensor(first, dtype=torch.float64), torch.tensor(second, dtype=torch.float64)
    return torch.stack([first, second, 1 - first - second])


def test_worked_example():
    assert confidence_score(worked_example()) == pytest.approx(.59375)


def test_classes_weigh_alike_whatever_their_size():
    assert confidence_score(two_classes([.9, .9, .9, .9, .4])) == pytest.approx((.9 + .6) / 2)


def test_classes_that_are_not_predicted_have_no_confidence():
    got = class_confidences(two_classes([.9, .7]))
    assert got[0].item() == pytest.approx(.8) and math.isnan(got[1])


def test_half_precision_is_summed_in_double_precision():
    assert class_confidences(torch.full((2, 100, 100), .75).half()).dtype == torch.float64
    assert confidence_score(torch.full((2, 100, 100), .75).half()) == .75


def test_predictions_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match='not finite'):
        confidence_score(two_classes([math.nan, .5]))


def test_highest_scores_are_chosen_in_the_order_of_the_images():
    assert select_confident([.1, .9, .3, .8], top_k=2) == [1, 3]


def test_of_equal_scores_the_first_are_chosen():
    assert select_confident([.5, .9, .5, .5], top_k=3) == [0, 1, 2]


def test_threshold_is_inclusive():
    assert select_confident([.1, .5, .6], threshold=.5) == [1, 2]


@pytest.mark.parametrize('top_k', [0, 3])
def test_impossible_numbers_are_refused(top_k):
    with pytest.raises(ValueError, match=f'cannot choose {top_k} of 2'):
        select_confident([.1, .2], top_k=top_k)


def test_threshold_above_all_scores_names_the_highest():
    with pytest.raises(ValueError, match=r'highest score is 0\.2000'):
        select_confident([.1, .2], threshold=.5)


@pytest.mark.parametrize('limits', [dict(), dict(top_k=1, threshold=.5)])
def test_exactly_one_limit_is_needed(limits):
    with pytest.raises(ValueError, match='give one of'):
        select_confident([.1, .2], **limits)
