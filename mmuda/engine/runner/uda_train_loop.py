"""Iteration-based training that resumes without loading what it has already seen."""

from collections.abc import Iterator
from typing import Any

from mmengine.dist import get_world_size
from mmengine.runner import IterBasedTrainLoop
from mmengine.runner.loops import _InfiniteDataloaderIterator
from mmseg.models import EncoderDecoder
from mmseg.registry import LOOPS
from torch import nn
from torch.utils.data import DataLoader, Dataset

from mmuda.datasets import AdaptationDataset, ResumableSampler
from mmuda.engine.schedulers import with_length
from mmuda.models.segmentors import UDASegmentor
from mmuda.utils.length import TrainingLength
from mmuda.utils.unwrap import unwrap


@LOOPS.register_module()
class UDATrainLoop(IterBasedTrainLoop):
    """mmengine's :class:`IterBasedTrainLoop` with a data iterator that starts late and anywhere.

    The iterator is made when the first batch is needed: after the ``before_train`` hooks, so that
    pseudo labels exist before the workers start to read them, and at the position that the run has
    reached, so that resuming at iteration 10,000 loads no skipped image (mmengine's loop loads them
    all). The sampler must be able to start anywhere, which a :class:`mmuda.datasets.ResumableSampler` can.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader or dict): Training data; its sampler is a :class:`mmuda.datasets.ResumableSampler`.
        max_iters (int, optional): Iterations to train for. Objectives, schedules and those of discriminators can give
            their points in training as shares of it. None where a subclass calls :meth:`set_length`.
        val_begin (int): First iteration that may validate. Defaults to 1.
        val_interval (int): Iterations between validations. Defaults to 1000.
        dynamic_intervals (list[tuple[int, int]], optional): (from iteration, interval) pairs.
    """

    def __init__(
        self,
        runner: Any,
        dataloader: DataLoader | dict,
        max_iters: int | None,
        val_begin: int = 1,
        val_interval: int = 1000,
        dynamic_intervals: list[tuple[int, int]] | None = None,
    ) -> None:
        if max_iters is not None and (int(max_iters) != max_iters or max_iters < 1):
            raise ValueError(f'train_cfg.max_iters must be a positive integer, got {max_iters}')
        different = runner._randomness_cfg.get('diff_rank_seed', False)
        built: DataLoader = (
            runner.build_dataloader(dataloader, seed=runner.seed, diff_rank_seed=different)
            if isinstance(dataloader, dict)
            else dataloader
        )
        sampler = built.sampler
        if not isinstance(sampler, ResumableSampler):
            raise TypeError(
                f'UDATrainLoop needs a sampler that can start anywhere, got {type(sampler).__name__}: '
                "set train_dataloader.sampler=dict(type='UDASampler')"
            )
        _check_model(runner.model, built.dataset)
        super().__init__(runner, _NoBatches(built), max_iters or 1, val_begin, val_interval, dynamic_intervals)
        self.dataloader: Any = built  # its sampler is a ResumableSampler
        self.dataloader_iterator: _InfiniteDataloaderIterator | None = None
        self._origin = (0, 0)
        if max_iters is not None:
            self.set_length(TrainingLength(int(max_iters)))

    def set_length(self, length: TrainingLength) -> None:
        """Say how long training is: to the objectives and the schedules, of which points may be shares of it.

        Raises:
            ValueError: If an objective would never act, there would be iterations in which none does, or a schedule
                would end before training.
        """
        self.length = length
        self._max_iters = length.iterations
        model = unwrap(self.runner.model)
        if isinstance(model, UDASegmentor):
            model.prepare_training(length)
        self.runner.param_schedulers = with_length(self.runner.param_schedulers, length, 'param_scheduler')

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
        """Return what a checkpoint needs beside iteration and samples: the length of training."""
        return dict(max_iters=self._max_iters)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Compare with what :meth:`state_dict` gave."""
        before = state.get('max_iters', self._max_iters)
        if before != self._max_iters:
            self.runner.logger.warning(
                f'The run was planned for train_cfg.max_iters={before} and is resumed with {self._max_iters}: points '
                'in training that are shares of it, of objectives and schedules, move from here on'
            )

    def restart_data(self) -> None:
        """Drop prefetched batches: the next batch is made again, by new workers."""
        self.dataloader_iterator = None
        self.dataloader._iterator = None  # torch keeps persistent workers there

    def next_batch(self) -> dict:
        """Return the batch of the current iteration."""
        if self.dataloader_iterator is None:
            sampler = self.dataloader.sampler
            sampler.set_seed(self.runner.seed)
            sampler.set_position(self.samples_at(self._iter))
            self.dataloader_iterator = _InfiniteDataloaderIterator(self.dataloader)
        return next(self.dataloader_iterator)

    def run(self) -> nn.Module:
        """Train; return the model."""
        with_length(self.runner.param_schedulers, self.length, 'param_scheduler')  # a resumed one can have another end
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        while self._iter < self._max_iters and not self.stop_training:
            self.runner.model.train()
            self.run_iter(self.next_batch())
            self._decide_current_val_interval()
            if (
                self.runner.val_loop is not None
                and self._iter >= self.val_begin
                and (self._iter % self.val_interval == 0 or self._iter == self._max_iters)
            ):
                self.runner.val_loop.run()
        self.runner.call_hook('after_train_epoch')
        self.runner.call_hook('after_train')
        return self.runner.model


class _NoBatches:
    """Stands for a data loader in mmengine's constructor, which starts to load: it would be too early."""

    def __init__(self, dataloader: DataLoader) -> None:
        self.dataset = dataloader.dataset

    def __iter__(self) -> Iterator:
        return iter(())


def _check_model(model: nn.Module, dataset: Dataset) -> None:
    """Refuse a plain segmentor on data with views."""
    model = unwrap(model)
    if isinstance(model, EncoderDecoder) and isinstance(dataset, AdaptationDataset):
        raise TypeError(
            f'model.type is {type(model).__name__}, which knows no views, but train_dataloader gives those '
            f"of a {type(dataset).__name__}. Make it the student: model=dict(type='UDASegmentor', "
            f"data_preprocessor=dict(type='UDADataPreprocessor', ...), segmentor=dict(type='{type(model).__name__}', "
            '...), objectives=[...])'
        )
