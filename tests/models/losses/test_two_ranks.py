"""Two ranks with one image each against one process with both images."""

import pytest
import torch

from mmuda.models.losses import ClassBalanceWeights, PixelCrossEntropyLoss
from tests.helpers.two_ranks import run_on_two_ranks

CLASSES, MIN_PIXELS = 3, 8


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Two images with very different numbers of labeled pixels and of pixels per class."""
    logits = torch.randn(2, CLASSES, 4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = torch.zeros(2, 4, 6, dtype=torch.long)
    labels[0, 1:] = 255
    labels[1, 2:] = 1
    return logits, labels


def step(logits: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
    weights = ClassBalanceWeights(CLASSES, min_pixels=MIN_PIXELS)
    logits = logits.clone().requires_grad_()
    class_weight = weights(labels)
    loss = PixelCrossEntropyLoss()(logits, labels, class_weight)
    loss.backward()
    return dict(class_weight=class_weight, absence=weights.absence, loss=loss.detach(), grad=logits.grad)


def rank_step(rank: int) -> dict[str, torch.Tensor]:
    logits, labels = batch()
    return step(logits[rank : rank + 1], labels[rank : rank + 1])


@pytest.fixture(scope='module')
def ranks():
    return run_on_two_ranks(rank_step)


@pytest.mark.parametrize('key', ['class_weight', 'absence'])
def test_class_weights_are_those_of_the_whole_batch(ranks, key):
    want = step(*batch())[key]
    for got in ranks:
        torch.testing.assert_close(got[key], want)


def test_mean_loss_over_ranks_is_that_of_the_whole_batch(ranks):
    torch.testing.assert_close(sum(got['loss'] for got in ranks) / 2, step(*batch())['loss'])


def test_averaged_gradient_is_that_of_the_whole_batch(ranks):
    averaged = torch.cat([got['grad'] for got in ranks]) / 2
    torch.testing.assert_close(averaged, step(*batch())['grad'])
