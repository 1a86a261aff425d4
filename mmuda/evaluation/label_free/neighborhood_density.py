"""How densely the predictions lie beside each other."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from mmuda.evaluation.label_free.image_prediction import ImagePrediction
from mmuda.evaluation.label_free.score import Score

PIXELS = 256  # of an image, at most
TEMPERATURE = 0.05


class NeighborhoodDensity(Score):
    """Soft neighborhood density of the pixels of an image, mean over images, as a share of the highest: from 0 to 1.

    Saito et al., Tune it the Right Way: Unsupervised Validation of Domain Adaptation via Soft Neighborhood Density,
    ICCV 2021. Probabilities are divided by their L2 norm; the similarities of a pixel to the others pass a soft-max of
    temperature 0.05, and its entropy is high where many others are alike. Here the pixels of one image are compared
    with each other, on a grid of at most 256, so that nothing of an image has to be kept. One class everywhere has the
    best score.
    """

    def sums(self, prediction: ImagePrediction) -> Tensor:
        """See :class:`Score`."""
        return torch.stack([density(prediction.probabilities), prediction.probabilities.new_tensor(1)])

    def value(self, sums: Tensor) -> float:
        """See :class:`Score`."""
        return float(sums[0] / sums[1])


def density(probabilities: Tensor, pixels: int = PIXELS, temperature: float = TEMPERATURE) -> Tensor:
    """Return the soft neighborhood density of some pixels, in units of its highest value: a scalar from 0 to 1.

    Args:
        probabilities (Tensor): (C, H, W).
        pixels (int): How many at most, on an even grid. Defaults to 256.
        temperature (float): Of the soft-max over similarities. Defaults to 0.05.
    """
    points = _grid(probabilities, pixels)
    similarity = F.normalize(points, dim=1)
    similarity = similarity @ similarity.T / temperature
    similarity.fill_diagonal_(-torch.inf)
    shares = similarity.softmax(dim=1)
    return torch.special.entr(shares).sum(dim=1).mean() / math.log(max(len(points) - 1, 2))


def _grid(probabilities: Tensor, pixels: int) -> Tensor:
    """Return the probabilities (K, C) of at most so many pixels."""
    height, width = probabilities.shape[1:]
    step = max(1, math.ceil(math.sqrt(height * width / pixels)))
    return probabilities[:, step // 2 :: step, step // 2 :: step].flatten(1).T
