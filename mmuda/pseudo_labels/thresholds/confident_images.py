"""Which images a model is sure of, without favor for large classes."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def class_confidences(probabilities: Tensor) -> Tensor:
    """Mean confidence of the pixels of every predicted class.

    Args:
        probabilities (Tensor): (C, H, W).

    Returns:
        Tensor: (C,) float64, the mean of the highest probability over the pixels with this class; NaN for classes
        that no pixel has.
    """
    confidence, label = probabilities.max(dim=0)
    confidence, label = confidence.flatten().double(), label.flatten()
    count = torch.bincount(label, minlength=len(probabilities))
    return torch.bincount(label, weights=confidence, minlength=len(probabilities)) / count


def confidence_score(probabilities: Tensor) -> float:
    """Class-balanced confidence of one image, by which the authors of CBST chose target images.

    The mean of :func:`class_confidences` over the predicted classes. The list of 505 Cityscapes images was made with
    it (Zou et al., ECCV 2018; by the authors' word, the threshold is unknown).

    Args:
        probabilities (Tensor): (C, H, W).

    Returns:
        float: In [1 / C, 1] for probabilities.

    Raises:
        ValueError: If a probability is not finite.
    """
    score = class_confidences(probabilities).nanmean().item()
    if not np.isfinite(score):
        raise ValueError('the model predicts probabilities that are not finite; check its weights')
    return score


def select_confident(scores: Sequence[float], top_k: int | None = None, threshold: float | None = None) -> list[int]:
    """Choose the images of the highest scores.

    Args:
        scores (Sequence[float]): One per image.
        top_k (int, optional): Choose so many; of equal scores the first.
        threshold (float, optional): Choose all with this score and above. One of the two is given.

    Returns:
        list[int]: Indices of the chosen images, ascending.

    Raises:
        ValueError: If not one of ``top_k`` and ``threshold`` is given, there are fewer than ``top_k`` images, or no
            score reaches the threshold.
    """
    if top_k is not None and threshold is None:
        if not 1 <= top_k <= len(scores):
            raise ValueError(f'cannot choose {top_k} of {len(scores)} images: expected 1 to {len(scores)}')
        return sorted(np.argsort(-np.asarray(scores, float), kind='stable')[:top_k].tolist())
    if threshold is None or top_k is not None:
        raise ValueError(f'give one of top_k and threshold, got {top_k} and {threshold}')
    chosen = [index for index, score in enumerate(scores) if score >= threshold]
    if not chosen:
        raise ValueError(
            f'no image reaches the threshold {threshold}, the highest score is {max(scores):.4f}: lower the threshold'
        )
    return chosen
