"""Base class of what discriminators see."""

from abc import ABCMeta, abstractmethod
from collections.abc import Collection

from torch import Tensor

from mmuda.models.segmentors.step import Step


class DiscriminatorMaps(metaclass=ABCMeta):
    """Maps that are made of what a step gives: of logits, of other outputs of the heads, or of several together.

    There is a discriminator for each name. A kind of maps is registered in ``TASK_UTILS`` and named in ``maps`` of
    :class:`~mmuda.models.objectives.AdversarialAlignment`.
    """

    @abstractmethod
    def names(self, classifiers: Collection[str]) -> Collection[str]:
        """Return the names of the maps that a student with these classifiers gives."""

    @abstractmethod
    def channels(self, num_classes: int) -> int:
        """Return the number of channels of every map."""

    @abstractmethod
    def real(self, step: Step, view: str, names: Collection[str]) -> dict[str, Tensor]:
        """Return the maps (N, channels, H, W) that the student is to imitate, by name; they need no gradient.

        Args:
            step (Step): The iteration.
            view (str): Usually ``source``.
            names (Collection[str]): Those that are asked for.
        """

    @abstractmethod
    def fake(self, step: Step, view: str, names: Collection[str]) -> dict[str, Tensor]:
        """Return the maps (N, channels, H, W) that are to look like real ones, by name, with gradient.

        Args:
            step (Step): The iteration.
            view (str): Usually ``target``.
            names (Collection[str]): Those that are asked for.
        """
