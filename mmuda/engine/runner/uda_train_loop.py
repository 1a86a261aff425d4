"""Iteration-based training that resumes without loading what it has already seen."""
from typing import Any

from mmengine.dist import get_world_size
from mmengine.runner import IterBasedTrainLoop
from mmengine.runner.base_loop import BaseLoop
from mmengine.runner.loops import _InfiniteDataloaderIterator
from mmengine.runner.utils import calc_dynamic_intervals
from mmseg.registry import LOOPS
from torch import nn
from torch.utils.data import DataLoader


@LOOPS.register_module()
class UDATrainLoop(IterBasedTrainLoop):
    """mmengine's :class:`IterBasedTrainLoop` with a data iterator that starts late and anywhere.

    The iterator is made when the first batch is needed: after the ``before_train`` hooks, so that
    pseudo labels exist before the workers start to read them, and at the position that the run has
    reached, so that resuming at iteration 10,000 loads no skipped image (mmengine's loop loads them
    all). The sampler must be able to start anywhere, as :class:`mmuda.datasets.UDASampler` can.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader or dict): Training data; its sampler has ``set_position`` and ``set_seed``.
        max_iters (int): Iterations to train for.
        val_begin (int): First iteration that may validate. Defaults to 1.
        val_interval (int): Iterations between validations. Defaults to 1000.
        dynamic_intervals (list[tuple[int, int]], optional): (from iteration, interval) pairs.
    """

    def __init__(self,
                 runner: Any,
                 dataloader: DataLoader | dict,
                 max_iters: int,
                 val_begin: int = 1,
                 val_interval: int = 1000,
                 dynamic_intervals: list[tuple[int, int]] | None = None) -> None:
        # Not the constructor of the direct base class: that one starts the data workers.
        BaseLoop.__init__(self, runner, dataloader)
        if int(max_iters) != max_iters or max_iters < 1:
            raise ValueError(f'train_cfg.max_iters must be a positive integer, got {max_iters}')
        sampler = self.dataloader.sampler
        if not (hasattr(sampler, 'set_position') and hasattr(sampler, 'set_seed')):
            raise TypeError(f'UDATrainLoop needs a sampler that can start anywhere, got {type(sampler).__name__}: '
                            "set train_dataloader.sampler=dict(type='UDASampler')")
        self._max_iters = int(max_iters)
        self._max_epochs = 1
        self._epoch = 0
        self._iter = 0
        self.val_begin = val_begin
        self.val_interval = val_interval
        self.stop_training = False
        self.runner.visualizer.dataset_meta = self.dataloader.dataset.metainfo
        self.dynamic_milestones, self.dynamic_intervals = calc_dynamic_intervals(val_interval, dynamic_intervals)
        self._origin = (0, 0)
        self._data_iterator: _InfiniteDataloaderIterator | None = None

    @property
    def round_ends(self) -> frozenset[int]:
        """frozenset[int]: Iterations after which the model is finished: is evaluated, labels, or is the result."""
        return frozenset([self._max_iters])

    def samples_at(self, iteration: int) -> int:
        """Return how many samples all ranks have drawn together before ``iteration``."""
        start_iteration, start_samples = self._origin
        return start_samples + (iteration - start_iteration) * self.dataloader.batch_size * get_world_size()

    def continue_from(self, iteration: int, samples: int) -> None:
        """Say that ``samples`` samples were drawn before ``iteration`` (from a checkpoint)."""
        self._origin = (iteration, samples)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint needs beside iteration and samples; here nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave."""

    def restart_data(self) -> None:
        """Drop prefetched batches: the next batch is made anew, by new workers."""
        self._data_iterator = None
        self.dataloader._iterator = None  # torch keeps persistent workers there

    def next_batch(self) -> dict:
        """Return the batch of the current iteration."""
        if self._data_iterator is None:
            sampler = self.dataloader.sampler
            sampler.set_seed(self.runner.seed)
            sampler.set_position(self.samples_at(self._iter))
            self._data_iterator = _InfiniteDataloaderIterator(self.dataloader)
        return next(self._data_iterator)

    def run(self) -> nn.Module:
        """Train; return the model."""
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        while self._iter < self._max_iters and not self.stop_training:
            self.runner.model.train()
            self.run_iter(self.next_batch())
            self._decide_current_val_interval()
            if (self.runner.val_loop is not None and self._iter >= self.val_begin
                    and (self._iter % self.val_interval == 0 or self._iter == self._max_iters)):
                self.runner.val_loop.run()
        self.runner.call_hook('after_train_epoch')
        self.runner.call_hook('after_train')
        return self.runner.model
