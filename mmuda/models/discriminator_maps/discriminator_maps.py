"""Base class of what discriminators see."""

from abc import ABCMeta, abstractmethod
from collections.abc import Collection

from torch import Tensor

from mmuda.models.segmentors.single_channel_output import single_channel_output
from mmuda.models.segmentors.step import Step

RESOLUTIONS = ('images', 'logits')


class DiscriminatorMaps(metaclass=ABCMeta):
    """Maps that are made of what a step gives: of logits, of other outputs of the heads, or of several together.

    There is a discriminator for each name. A kind of maps is registered in ``TASK_UTILS`` and named in ``maps`` of
    :class:`~mmuda.models.objectives.AdversarialAlignment`.

    Args:
        resolution (str): ``images``: outputs are resized to the images, as in the published code of all methods.
            ``logits``: maps have the size that the head gives the logits of ``main``, to which its other outputs are
            resized where they differ. With a head of stride 4 they have a sixteenth of the pixels; discriminators see
            details of the network's own size, and their patches cover more of the image. Defaults to ``images``.

    Raises:
        ValueError: If ``resolution`` is another word.
    """

    def __init__(self, resolution: str = 'images') -> None:
        if resolution not in RESOLUTIONS:
            raise ValueError(f'{type(self).__name__}: resolution must be one of {RESOLUTIONS}, got {resolution!r}')
        self.resolution = resolution

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

    def logits(self, step: Step, view: str) -> dict[str, Tensor]:
        """Logits (N, C, H, W) of each classifier for ``view`` at the size of the maps."""
        if self.resolution == 'images':
            return step.logits(view)
        unresized = step.unresized_logits(view)
        return {name: step.resize(value, view, unresized['main'].shape[2:]) for name, value in unresized.items()}

    def output(self, step: Step, view: str, name: str) -> Tensor:
        """Another output of the head with one channel for ``view``, (N, 1, H, W) at the size of the maps.

        Raises:
            ValueError: If the head does not give it, or it has more channels.
        """
        value = single_channel_output(step, view, name)
        if self.resolution == 'images':
            return step.resize(value, view)
        return step.resize(value, view, step.unresized_logits(view)['main'].shape[2:])
