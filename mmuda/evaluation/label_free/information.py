"""Scores of the probabilities alone: how sure they are, and how the classes share the pixels."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mmuda.evaluation.label_free.image_prediction import ImagePrediction
from mmuda.evaluation.label_free.score import Score


class _ProbabilityScore(Score):
    """Base: the sums are those of entropy, pixels and the C probabilities."""

    def sums(self, prediction: ImagePrediction) -> Tensor:
        """See :class:`Score`."""
        pixels = prediction.entropy_sum.new_tensor([prediction.num_pixels])
        return torch.cat([prediction.entropy_sum[None], pixels, prediction.class_sums])


class NegativeEntropy(_ProbabilityScore):
    """Minus the mean entropy of the pixels, in units of log C: from -1 to 0.

    Morerio et al., Minimal-Entropy Correlation Alignment for Unsupervised Deep Domain Adaptation, ICLR 2018, choose
    settings by the entropy on the target. A network that says one class everywhere, and is sure, has the best score.
    """

    def value(self, sums: Tensor) -> float:
        """See :class:`Score`."""
        return -float(sums[0] / sums[1]) / math.log(len(sums) - 2)


class MutualInformation(_ProbabilityScore):
    """Entropy of the mean prediction minus mean entropy of the pixels, in units of log C: from 0 to 1.

    The mutual information of pixel and class, high where the network is sure of each pixel and uses all classes: Shi
    and Sha, Information-Theoretical Learning of Discriminative Clusters for Unsupervised Domain Adaptation, ICML 2012.
    One class everywhere has the worst score. It draws to even class shares, which street scenes do not have.
    """

    def value(self, sums: Tensor) -> float:
        """See :class:`Score`."""
        shares = sums[2:] / sums[1]
        return float(torch.special.entr(shares).sum() - sums[0] / sums[1]) / math.log(len(shares))


class ClassBalance(_ProbabilityScore):
    """Minus the KL divergence of the class shares of the predictions from a prior, in nats: at most 0.

    ``KL(prior || shares)``: a class of the prior that the network does not predict any more costs much, one that the
    prior does not have costs little. The shares are means of the probabilities.

    Args:
        prior (Sequence[float], optional): C class shares, such as those of the labels of the source; they are divided
            by their sum. Defaults to None: to be set before use.
    """

    def __init__(self, prior: Sequence[float] | None = None) -> None:
        self.prior = prior

    def value(self, sums: Tensor) -> float:
        """See :class:`Score`.

        Raises:
            ValueError: If there is no prior, or it is of another number of classes.
        """
        shares = sums[2:] / sums[1]
        if self.prior is None:
            raise ValueError(
                'class_balance needs the class shares that it compares with: in training those of the source labels '
                'are taken, else give class_prior=[...]'
            )
        prior = torch.as_tensor(self.prior, dtype=torch.float64)
        if len(prior) != len(shares):
            raise ValueError(f'class_prior has {len(prior)} numbers, the network predicts {len(shares)} classes')
        prior = prior / prior.sum()
        smallest = torch.finfo(torch.float32).tiny
        return -float((torch.xlogy(prior, prior) - torch.xlogy(prior, shares.clamp_min(smallest))).sum())
