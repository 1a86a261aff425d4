"""What the pixels of the target count in ClassMix."""

from abc import ABCMeta, abstractmethod

from mmseg.registry import TASK_UTILS
from torch import Tensor

SPANS = ('batch', 'image')


class TargetWeighting(metaclass=ABCMeta):
    """Weight of pseudo labels, by how confident they are; registered in ``TASK_UTILS``."""

    @abstractmethod
    def __call__(self, confidence: Tensor) -> Tensor:
        """Return the weights.

        Args:
            confidence (Tensor): (N, H, W), largest probability of each pixel, in [0, 1].

        Returns:
            Tensor: (N, H, W), in [0, 1].
        """


@TASK_UTILS.register_module()
class ConfidentShare(TargetWeighting):
    """The share of the pixels that are confident, the same for all of them (Tranheden et al., DACS, WACV 2021).

    Args:
        threshold (float): A pixel is confident at or above it. Defaults to 0.968 (Sec. 4.1 there).
        of (str): ``batch``: of all pixels of this process's batch, as published; ``image``: of each image. Defaults to
            ``batch``.

    Raises:
        ValueError: If ``of`` is another word, or ``threshold`` lies outside [0, 1].
    """

    def __init__(self, threshold: float = 0.968, of: str = 'batch') -> None:
        if of not in SPANS:
            raise ValueError(f'ConfidentShare: of must be one of {SPANS}, got {of!r}')
        self.threshold = _checked(threshold, 'ConfidentShare')
        self.of = of

    def __call__(self, confidence: Tensor) -> Tensor:
        """See :class:`TargetWeighting`."""
        confident = (confidence >= self.threshold).to(confidence.dtype)
        share = confident.mean() if self.of == 'batch' else confident.mean(dim=(1, 2), keepdim=True)
        return share.expand(confidence.shape)


@TASK_UTILS.register_module()
class ConfidentPixels(TargetWeighting):
    """1 for confident pixels, 0 for the others.

    Args:
        threshold (float): A pixel is confident at or above it. Defaults to 0.968.

    Raises:
        ValueError: If ``threshold`` lies outside [0, 1].
    """

    def __init__(self, threshold: float = 0.968) -> None:
        self.threshold = _checked(threshold, 'ConfidentPixels')

    def __call__(self, confidence: Tensor) -> Tensor:
        """See :class:`TargetWeighting`."""
        return (confidence >= self.threshold).to(confidence.dtype)


@TASK_UTILS.register_module()
class EqualWeight(TargetWeighting):
    """1 for every pixel."""

    def __call__(self, confidence: Tensor) -> Tensor:
        """See :class:`TargetWeighting`."""
        return confidence.new_ones(confidence.shape)


def _checked(threshold: float, owner: str) -> float:
    if not 0 <= threshold <= 1:
        raise ValueError(f'{owner}: threshold must lie in [0, 1], got {threshold}')
    return threshold
