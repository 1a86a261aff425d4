"""What the metric asks of a score."""

from abc import ABC, abstractmethod

from mmseg.models.segmentors.base import BaseSegmentor
from torch import Tensor

from mmuda.evaluation.label_free.image_prediction import ImagePrediction


class Score(ABC):
    """Base of the scores of a network on images without labels. The higher, the better, for all of them.

    A score of many images is a function of sums over them: nothing else is kept of an image, and ranks add theirs.
    """

    def check(self, network: BaseSegmentor) -> None:  # noqa: B027  (most can act on any)
        """Check whether the score can act on a network.

        Raises:
            ValueError: If it cannot; the message says why.
        """

    @abstractmethod
    def sums(self, prediction: ImagePrediction) -> Tensor:
        """Return what is added over images, (K,)."""

    @abstractmethod
    def value(self, sums: Tensor) -> float:
        """Return the score of all images.

        Args:
            sums (Tensor): (K,) float64, the sums of all images.
        """
