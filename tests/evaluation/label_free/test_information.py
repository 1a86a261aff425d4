import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmuda.evaluation.label_free.image_prediction import ImagePrediction
from mmuda.evaluation.label_free.information import ClassBalance, MutualInformation, NegativeEntropy

SURE_AND_EVEN = torch.eye(2)[:, None]  # (2, 1, 2): one pixel of each class
SURE_OF_ONE_CLASS = torch.tensor([1.0, 0.0]).reshape(2, 1, 1).expand(2, 1, 2)
UNSURE = torch.full((2, 1, 2), 0.5)


def prediction(probabilities: torch.Tensor) -> ImagePrediction:
    return ImagePrediction(probabilities, probabilities.argmax(dim=0))


def value(score, *images: torch.Tensor) -> float:
    return score.value(sum(score.sums(prediction(image)).double() for image in images))


@pytest.mark.parametrize(
    ('image', 'entropy', 'information'),
    [(SURE_AND_EVEN, 0, 1), (SURE_OF_ONE_CLASS, 0, 0), (UNSURE, -1, 0)],
    ids=['sure and even', 'one class', 'unsure'],
)
def test_what_is_sure_and_what_uses_all_classes(image, entropy, information):
    assert value(NegativeEntropy(), image) == pytest.approx(entropy, abs=1e-6)
    assert value(MutualInformation(), image) == pytest.approx(information, abs=1e-6)


def test_classes_of_different_images_count_together():
    assert value(MutualInformation(), SURE_OF_ONE_CLASS, 1 - SURE_OF_ONE_CLASS) == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_the_sums_of_images_give_the_score_of_all_pixels(seed, classes):
    generator = torch.Generator().manual_seed(seed)
    sizes = ((3, 4), (5, 2))
    images = [torch.randn(classes, *size, generator=generator).mul(3).softmax(dim=0) for size in sizes]
    pixels = torch.cat([image.flatten(1) for image in images], dim=1).double()
    entropy = torch.special.entr(pixels).sum(dim=0).mean() / math.log(classes)
    marginal = torch.special.entr(pixels.mean(dim=1)).sum() / math.log(classes)
    assert value(NegativeEntropy(), *images) == pytest.approx(-float(entropy), abs=1e-5)
    assert value(MutualInformation(), *images) == pytest.approx(float(marginal - entropy), abs=1e-5)


def test_class_balance_is_the_divergence_of_prior_and_shares():
    image = torch.tensor([0.75, 0.25]).reshape(2, 1, 1)
    assert value(ClassBalance([30, 10]), image) == pytest.approx(0, abs=1e-6)
    want = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert value(ClassBalance([1, 1]), image) == pytest.approx(-want, abs=1e-6)


def test_a_class_that_vanished_costs_more_than_one_that_the_prior_does_not_have():
    assert value(ClassBalance([0.9, 0.1]), SURE_OF_ONE_CLASS) < -5
    assert value(ClassBalance([1, 0]), SURE_AND_EVEN) == pytest.approx(-math.log(2))


def test_class_balance_without_a_prior_of_these_classes_is_refused():
    with pytest.raises(ValueError, match='class_prior'):
        value(ClassBalance(), UNSURE)
    with pytest.raises(ValueError, match='class_prior has 3 numbers, the network predicts 2 classes'):
        value(ClassBalance([1, 1, 1]), UNSURE)
