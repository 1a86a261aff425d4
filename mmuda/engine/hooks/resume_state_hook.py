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

from mmuda.engine.checkpoints import latest_checkpoint
from mmuda.engine.runner import UDATrainLoop


@HOOKS.register_module()
class ResumeStateHook(Hook):
    """Make N + M iterations equal to N, kill, resume, M.

    - Every iteration starts from random states derived from (seed, rank, iteration), so that dropout
      and whatever a model draws needs no saved state.
    - The number of samples drawn goes into the checkpoint, and training continues behind it, also with
      another batch size or number of ranks; so does what the loop itself has to remember.
    - A run with a checkpoint of its own in its work dir resumes from that, wherever the work dir is now. A
      ``load_from`` outside the work dir then only says where the run once started.
    - A checkpoint that is loaded but not resumed from (``load_from``) brings weights only: the state of
      objectives, such as running class statistics, starts anew.

    What mmengine saves (weights, optimizer, schedulers, iteration, seed) is left to it.
    """

    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Find the run's own checkpoint."""
        testing = not isinstance(runner.optim_wrapper, OptimWrapper)
        if testing or not runner._resume or runner._has_loaded:
            return
        own, start = latest_checkpoint(runner.work_dir), runner._load_from
        if own is None or (start is not None and Path(start).resolve().parent == Path(own).resolve().parent):
            return
        if start is not None:
            runner.logger.warning(f'Resuming from the last checkpoint of {runner.work_dir}, not from load_from={start}')
        runner._load_from = own

    def before_train(self, runner: Runner) -> None:
        """Check that the loop can start anywhere."""
        if not isinstance(runner.train_loop, UDATrainLoop):
            raise TypeError(f'ResumeStateHook needs train_cfg=dict(type="UDATrainLoop", ...), got '
                            f'{type(runner.train_loop).__name__}; remove default_hooks.resume_state to do without '
                            'exact resuming')

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        """Seed the iteration."""
        entropy = np.random.SeedSequence((runner.seed, get_rank(), runner.iter)).generate_state(1)
        seed = int(entropy[0])
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Save the position in the stream of samples."""
        checkpoint['samples_drawn'] = runner.train_loop.samples_at(checkpoint['meta']['iter'])
        checkpoint['train_loop'] = runner.train_loop.state_dict()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Restore the position, or drop what only a resumed run may keep."""
        if runner._resume:
            if 'samples_drawn' in checkpoint:
                runner.train_loop.continue_from(checkpoint['meta']['iter'], checkpoint['samples_drawn'])
            if 'train_loop' in checkpoint:
                runner.train_loop.load_state_dict(checkpoint['train_loop'])
            return
        weights = checkpoint.get('state_dict', checkpoint)
        for key in [key for key in weights if key.startswith('objectives.')]:
            del weights[key]
