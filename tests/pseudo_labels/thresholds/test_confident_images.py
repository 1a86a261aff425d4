import math

import pytest
import torch

from mmuda.pseudo_labels.thresholds.confident_images import class_confidences, confidence_score, select_confident


def two_classes(first: list[float]) -> torch.Tensor:
    """Probabilities (2, 1, W) with those of the first class given."""
    first = torch.tensor(first, dtype=torch.float64)
    return torch.stack([first, 1 - first])[:, None]


def worked_example() -> torch.Tensor:
    """Three classes, 2 x 8 pixels, of which the first row is of class 0 and the second of class 1."""
    first = [[0.9, 0.8, 0.7, 0.6, 0.55, 0.5, 0.45, 0.4], [0.1, 0.2, 0.3, 0.05, 0.25, 0.2, 0.15, 0.35]]
    second = [[0.05, 0.15, 0.2, 0.3, 0.35, 0.3, 0.4, 0.35], [0.6, 0.5, 0.45, 0.9, 0.4, 0.7, 0.55, 0.5]]
    first, second = torch.tensor(first, dtype=torch.float64), torch.tensor(second, dtype=torch.float64)
    return torch.stack([first, second, 1 - first - second])


def test_worked_example():
    assert confidence_score(worked_example()) == pytest.approx(0.59375)


def test_classes_weigh_alike_whatever_their_size():
    assert confidence_score(two_classes([0.9, 0.9, 0.9, 0.9, 0.4])) == pytest.approx((0.9 + 0.6) / 2)


def test_classes_that_are_not_predicted_have_no_confidence():
    got = class_confidences(two_classes([0.9, 0.7]))
    assert got[0].item() == pytest.approx(0.8) and math.isnan(got[1])


def test_half_precision_is_summed_in_double_precision():
    assert class_confidences(torch.full((2, 100, 100), 0.75).half()).dtype == torch.float64
    assert confidence_score(torch.full((2, 100, 100), 0.75).half()) == 0.75


def test_predictions_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match='not finite'):
        confidence_score(two_classes([math.nan, 0.5]))


def test_highest_scores_are_chosen_in_the_order_of_the_images():
    assert select_confident([0.1, 0.9, 0.3, 0.8], top_k=2) == [1, 3]


def test_of_equal_scores_the_first_are_chosen():
    assert select_confident([0.5, 0.9, 0.5, 0.5], top_k=3) == [0, 1, 2]


def test_threshold_is_inclusive():
    assert select_confident([0.1, 0.5, 0.6], threshold=0.5) == [1, 2]


@pytest.mark.parametrize('top_k', [0, 3])
def test_impossible_numbers_are_refused(top_k):
    with pytest.raises(ValueError, match=f'cannot choose {top_k} of 2'):
        select_confident([0.1, 0.2], top_k=top_k)


def test_threshold_above_all_scores_names_the_highest():
    with pytest.raises(ValueError, match=r'highest score is 0\.2000'):
        select_confident([0.1, 0.2], threshold=0.5)


@pytest.mark.parametrize('limits', [dict(), dict(top_k=1, threshold=0.5)])
def test_exactly_one_limit_is_needed(limits):
    with pytest.raises(ValueError, match='give one of'):
        select_confident([0.1, 0.2], **limits)
