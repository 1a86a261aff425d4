"""Exact resuming."""

import random
from pathlib import Path

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from torch import Tensor

from mmuda.compat import CheckpointError
from mmuda.engine.checkpoints import POINTER, check_whole, latest_checkpoint, newest_whole
from mmuda.engine.gradients import restore_gradients, share_waiting_gradients, waiting_gradients
from mmuda.engine.runner import UDATrainLoop
from mmuda.models.segmentors import UDASegmentor
from mmuda.utils.unwrap import unwrap, unwrap_segmentor


@HOOKS.register_module()
class ResumeStateHook(Hook):
    """Make N + M iterations equal to N, kill, resume, M.

    - Every iteration starts from random states derived from (seed, rank, iteration), so that dropout
      and whatever a model draws needs no saved state.
    - The number of samples drawn goes into the checkpoint, and training continues behind it, also with
      another batch size or number of ranks; so does what the loop itself has to remember.
    - Gradients that wait for a step of the optimizer go into the checkpoint (``gradients``), so that one between two
      steps of gradient accumulation continues exactly, too. On several ranks they are averaged before.
    - A run with a checkpoint of its own in its work dir resumes from that, wherever the work dir is now. A
      ``load_from`` outside the work dir then only says where the run once started.
    - A checkpoint that is to be resumed from is checked first: it is whole, training has left it, and it is not of a
      later iteration than training is to end at.
    - A checkpoint that is loaded but not resumed from (``load_from``) brings weights only: the state of
      objectives, such as running class statistics, starts again.

    What mmengine saves (weights, optimizer, schedulers, iteration, seed) is left to it.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self._gradients: dict[str, Tensor] = {}  # of the checkpoint

    def before_run(self, runner: Runner) -> None:
        """Find the run's own checkpoint.

        Raises:
            CheckpointError: If it is missing, damaged, or ``last_checkpoint`` does not name one.
        """
        testing = not isinstance(runner.optim_wrapper, OptimWrapper)
        if testing or not runner._resume or runner._has_loaded:
            return
        start = runner._load_from
        if start is not None and Path(start).resolve().parent == Path(runner.work_dir).resolve():
            check_whole(start)
            return
        own = latest_checkpoint(runner.work_dir)
        if own is None:
            if start is not None and Path(start).is_file():
                check_whole(start)
            self._warn_of_lost_checkpoint(runner)
            return
        check_whole(own)
        if start is not None and Path(start).resolve().parent == Path(own).resolve().parent:
            return
        if start is not None:
            runner.logger.warning(f'Resuming from the last checkpoint of {runner.work_dir}, not from load_from={start}')
        runner._load_from = own

    def before_train(self, runner: Runner) -> None:
        """Check that the loop can start anywhere, and take over gradients that wait for a step."""
        if not isinstance(runner.train_loop, UDATrainLoop):
            raise TypeError(
                f'ResumeStateHook needs train_cfg=dict(type="UDATrainLoop", ...), got '
                f'{type(runner.train_loop).__name__}; remove default_hooks.resume_state to do without '
                'exact resuming'
            )
        if self._gradients:  # mmengine says that they are lost
            runner.logger.info('The gradients of the iterations since the last step of the optimizer are restored')
            restore_gradients(unwrap(runner.model), self._gradients)
            self._gradients = {}

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        """Seed the iteration."""
        entropy = np.random.SeedSequence((runner.seed, get_rank(), runner.iter)).generate_state(1)
        seed = int(entropy[0])
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None, outputs: dict | None = None
    ) -> None:
        """Make the gradients that a checkpoint will hold those of all ranks."""
        share_waiting_gradients(runner, unwrap(runner.model))

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Save the position in the stream of samples, and gradients that wait for a step."""
        checkpoint['gradients'] = waiting_gradients(unwrap(runner.model))
        checkpoint['samples_drawn'] = runner.train_loop.samples_at(checkpoint['meta']['iter'])
        checkpoint['train_loop'] = runner.train_loop.state_dict()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Restore the position, or drop what only a resumed run may keep.

        Raises:
            CheckpointError: If the file is none of a training, or without weights.
            ValueError: If the run has gone further than it is to go now.
        """
        if runner._resume:
            _check_resumable(checkpoint, runner._load_from)
            iteration, end = checkpoint['meta']['iter'], runner.train_loop.max_iters
            if iteration > end:
                raise ValueError(
                    f'cannot resume: the checkpoint {runner._load_from} is of iteration {iteration}, but '
                    f'training is to end at iteration {end} now (train_cfg). Set at least {iteration}, or '
                    'name an earlier checkpoint of the work dir by load_from'
                )
            if 'samples_drawn' in checkpoint:
                runner.train_loop.continue_from(iteration, checkpoint['samples_drawn'])
            if 'train_loop' in checkpoint:
                runner.train_loop.load_state_dict(checkpoint['train_loop'])
            self._gradients = checkpoint.pop('gradients', {})  # for when the weights are loaded
            return
        _start_objectives_anew(runner, _weights(checkpoint, runner._load_from))

    @staticmethod
    def _warn_of_lost_checkpoint(runner: Runner) -> None:
        left = newest_whole(runner.work_dir) if runner._load_from is None else None
        if left is not None:
            runner.logger.warning(
                f'There is no {POINTER} in {runner.work_dir}: training starts from the beginning, although {left} is '
                f'there. To resume from it: --resume --cfg-options load_from={left}'
            )


def _check_resumable(checkpoint: dict, path: str | None) -> None:
    """Refuse a file that training has not left, or another program's training."""
    missing = [key for key in ('meta', 'state_dict', 'message_hub') if not isinstance(checkpoint.get(key), dict)]
    if 'meta' not in missing:
        missing += [f'meta.{key}' for key in ('iter', 'epoch') if not isinstance(checkpoint['meta'].get(key), int)]
    if missing:
        raise CheckpointError(
            f'cannot resume: the checkpoint {path} has no {", ".join(missing)}, so training has not '
            'left it. To start from its weights, set load_from=CHECKPOINT without --resume'
        )


def _weights(checkpoint: dict, path: str | None) -> dict[str, torch.Tensor]:
    weights = checkpoint.get('state_dict', checkpoint)
    if not isinstance(weights, dict) or not any(isinstance(value, torch.Tensor) for value in weights.values()):
        raise CheckpointError(
            f'the checkpoint {path} holds no weights: expected tensors under `state_dict` or by '
            f'themselves, found the keys {list(checkpoint)[:5]}'
        )
    return weights


def _start_objectives_anew(runner: Runner, weights: dict[str, torch.Tensor]) -> None:
    """Replace the state of objectives in a checkpoint by that of the model, so that none is missing either."""
    for key in [key for key in weights if key.startswith('objectives.')]:
        del weights[key]
    model = unwrap_segmentor(runner.model)
    if isinstance(model, UDASegmentor) and any(key.startswith('student.') for key in weights):
        weights.update({f'objectives.{key}': value for key, value in model.objectives.state_dict().items()})
