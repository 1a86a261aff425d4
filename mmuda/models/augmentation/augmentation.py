"""What an augmentation of batches on the device is, and what it must know about the images."""

from abc import ABCMeta, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Normalization:
    """How the images of a batch were made of values from 0 to 255: ``(value - mean) / std``.

    Attributes:
        mean, std (Tensor): (C, 1, 1), in the order of the channels of the images that the network sees.
    """

    mean: Tensor
    std: Tensor

    @classmethod
    def of(cls, mean: list[float], std: list[float]) -> 'Normalization':
        """Make one of a number per channel."""
        return cls(torch.tensor(mean).view(-1, 1, 1), torch.tensor(std).view(-1, 1, 1))

    def undo(self, images: Tensor) -> Tensor:
        """Turn images (N, C, H, W) into values from 0 to 1."""
        return (images * self.std + self.mean) / 255

    def redo(self, values: Tensor) -> Tensor:
        """Turn values from 0 to 1, (N, C, H, W), into images."""
        return (values * 255 - self.mean) / self.std


class Augmentation(nn.Module, metaclass=ABCMeta):
    """A random change of preprocessed images, on their device."""

    @abstractmethod
    def forward(self, images: Tensor, normalization: Normalization) -> Tensor:
        """Return the changed images.

        Args:
            images (Tensor): (N, 3, H, W), preprocessed.
            normalization (Normalization): Of these images; ``step.normalization``.

        Returns:
            Tensor: (N, 3, H, W).
        """
