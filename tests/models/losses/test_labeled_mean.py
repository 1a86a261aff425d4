"""Two ranks with one image each against one process with both images."""

import torch

from mmuda.models.losses.labeled_mean import mean_over_labeled
from tests.helpers.two_ranks import run_on_two_ranks


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Two images with different numbers of labeled pixels."""
    pixel_loss = torch.rand(2, 4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labeled = torch.zeros(2, 4, 6, dtype=torch.bool)
    labeled[0, :1], labeled[1, 1:] = True, True
    return pixel_loss, labeled


def rank_mean(rank: int) -> torch.Tensor:
    pixel_loss, labeled = batch()
    return mean_over_labeled(pixel_loss[rank : rank + 1], labeled[rank : rank + 1])


def test_mean_over_ranks_is_that_of_the_whole_batch():
    torch.testing.assert_close(sum(run_on_two_ranks(rank_mean)) / 2, mean_over_labeled(*batch()))


def test_a_loss_that_is_not_finite_where_nothing_is_labeled_does_not_matter():
    pixel_loss, labeled = batch()
    want = mean_over_labeled(pixel_loss, labeled)
    torch.testing.assert_close(mean_over_labeled(pixel_loss.masked_fill(~labeled, float('nan')), labeled), want)
