from abc import ABC, abstractmethod

from torch import Tensor


class DensityModel(ABC):
    """How common the depth of a pixel is for its class at its place, by statistics of the source set.

    Derive from it, register in :data:`mmseg.registry.TASK_UTILS` and name it as ``density`` of
    :class:`mmuda.models.objectives.DensityBalance`.
    """

    @abstractmethod
    def __call__(self, class_ids: Tensor, inverse_depth: Tensor) -> Tensor:
        """Return the density of every pixel.

        Args:
            class_ids (Tensor): (N, h, w) int64 in [0, C), at the resolution of the network's outputs.
            inverse_depth (Tensor): (N, h, w), 65536 / (depth in cm + 1), on the same device.

        Returns:
            Tensor: (N, h, w) in [0, 255] without gradient, of the type and on the device of ``inverse_depth``.

        Raises:
            ValueError: If the density was fitted for another size than (h, w) or for other classes.
        """
