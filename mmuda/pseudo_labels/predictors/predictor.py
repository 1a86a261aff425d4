"""What the labeling asks of a predictor."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from mmseg.models import BaseSegmentor
from torch import Tensor

from mmuda.pseudo_labels.predictors.cached_logits import CachedLogits


class Predictor(ABC):
    """Base of the predictors: what makes class probabilities of one image."""

    @abstractmethod
    def __call__(self, segmentor: BaseSegmentor, image: np.ndarray, name: str) -> Tensor:
        """Predict one image.

        Args:
            segmentor (BaseSegmentor): A segmentor in evaluation mode with its data preprocessor.
            image (np.ndarray): (H, W, 3), BGR, uint8.
            name (str): Of the image within its data set; what is drawn at random is seeded with it.

        Returns:
            Tensor: (C, H, W) probabilities; for labelers that read more of them, such as their mean, minimum and
            deviation over passes, (S, C, H, W).
        """

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """Return what the probabilities depend on beside the model, as JSON values: for the manifest of a store."""

    def cached(self) -> 'CachedPredictor | None':
        """Return this predictor if what its network gives can be kept; None if it must run again each time."""
        return None


class CachedPredictor(Predictor):
    """Base of the predictors in two steps, of which the first, the network, need not run twice.

    Labeling with thresholds reads every prediction several times. What the network gives, a few MB an image, is kept,
    and the probabilities at the size of the image are made from it whenever they are needed.
    """

    @abstractmethod
    def encode(self, segmentor: BaseSegmentor, image: np.ndarray, name: str) -> CachedLogits:
        """Run the network; return what :meth:`decode` needs, float32. Arguments as of :meth:`Predictor.__call__`."""

    @abstractmethod
    def decode(self, encoded: CachedLogits, size: tuple[int, int]) -> Tensor:
        """Return probabilities (C, H, W) at ``size`` = (H, W)."""

    def cached(self) -> 'CachedPredictor':
        """See :class:`Predictor`."""
        return self

    def __call__(self, segmentor: BaseSegmentor, image: np.ndarray, name: str) -> Tensor:
        """See :class:`Predictor`."""
        return self.decode(self.encode(segmentor, image, name), image.shape[:2])
