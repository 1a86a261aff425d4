"""Validation on several ranks."""

from mmengine.dist import broadcast, get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from torch import Tensor

from mmuda.utils.unwrap import unwrap


@HOOKS.register_module()
class RankStatisticsHook(Hook):
    """Validate on all ranks with the BatchNorm statistics of rank 0, which are those of a checkpoint.

    Each rank has running statistics of its own images. With these every rank would validate its share of the images
    by another model, and the result would not be that of testing the checkpoint. Afterwards each rank goes on with its
    own: whether and when a run is validated does not change its training.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self._own: list[Tensor] = []

    def before_val(self, runner: Runner) -> None:
        """Take over the buffers of rank 0."""
        if get_world_size() == 1:
            return
        self._own = [buffer.clone() for buffer in unwrap(runner.model).buffers()]
        for buffer in unwrap(runner.model).buffers():
            broadcast(buffer)

    def after_val(self, runner: Runner) -> None:
        """Bring back those of the rank."""
        for buffer, own in zip(unwrap(runner.model).buffers(), self._own):
            buffer.copy_(own)
        self._own = []
