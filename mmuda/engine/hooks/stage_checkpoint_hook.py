"""The start of one stage from the end of another."""

import os
import subprocess
import sys
from pathlib import Path

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

import mmuda
from mmuda.compat import safe_load
from mmuda.engine.checkpoints import latest_checkpoint
from mmuda.engine.finite import check_finite
from mmuda.utils.config_text import read_settings
from mmuda.utils.shipped import find_config, read_config


@HOOKS.register_module()
class StageCheckpointHook(Hook):
    """Start from the last checkpoint of an earlier stage.

    ``load_from`` in the config or on the command line takes precedence. A run that is resumed
    (``--resume``) and finds a checkpoint of its own does not need the earlier stage. An earlier stage that did not
    reach its last iteration is started from, with a warning; one whose weights or statistics are NaN or infinite is
    refused.

    Args:
        config (str): Config of the earlier stage, relative to where training is started, or one that mmuda ships.
        work_dir (str, optional): Work dir of the earlier stage, relative to where training is started. Defaults to
            that of the config, or to ``work_dirs/<config name>`` where it has none.
        train (bool): Train the earlier stage first, or to its end, where it is not; in a process of its own, on one
            device, with this hook's config as it is. On several devices that is an error, which names the command for
            these. Defaults to False.

    Raises:
        FileNotFoundError: If there is no such config, or no checkpoint.
        CheckpointError: If the checkpoint whose iteration ``train`` reads is damaged, or carries code.
        RuntimeError: If the training of the earlier stage fails, or it would have to be trained on several devices.

    Example:
        >>> hook = dict(type='StageCheckpointHook', config='configs/mrnet/gta2cs.py')
    """

    priority = 'VERY_HIGH'

    def __init__(self, config: str, work_dir: str | None = None, train: bool = False) -> None:
        self.config = config
        self.train = train
        self.work_dir = work_dir
        self._checkpoint: str | None = None  # that the runner loads

    def before_run(self, runner: Runner) -> None:
        """Find the checkpoint and let the runner load it."""
        testing = not isinstance(runner.optim_wrapper, OptimWrapper)
        if testing or runner._load_from is not None or runner._has_loaded:
            return
        if runner._resume and latest_checkpoint(runner.work_dir) is not None:
            return
        work_dir = self.work_dir or read_config(self.config).work_dir
        if self.train and not self._is_trained(work_dir):
            self._train(runner, work_dir)
        checkpoint = latest_checkpoint(work_dir)
        if checkpoint is None:
            raise FileNotFoundError(
                f'this stage starts from a checkpoint of an earlier one, but there is none in {work_dir!r}. '
                f'Train it first: python tools/train.py {self.config} ; or name a checkpoint: '
                '--cfg-options load_from=CHECKPOINT'
            )
        runner.logger.info(f'Starting from {checkpoint}')
        runner._load_from = self._checkpoint = checkpoint
        runner._resume = False

    def _is_trained(self, work_dir: str) -> bool:
        """Whether the earlier stage has a checkpoint of its last iteration."""
        checkpoint = latest_checkpoint(work_dir)
        if checkpoint is None:
            return False
        reached = safe_load(checkpoint, map_location='cpu', mmap=True).get('meta', {}).get('iter')
        end = read_config(self.config).train_cfg.get('max_iters')
        return reached is None or end is None or reached >= end

    def _train(self, runner: Runner, work_dir: str) -> None:
        """Train the earlier stage in a process of its own, continuing where it was ended."""
        devices = get_world_size()
        if devices > 1:
            place = f' --work-dir {work_dir}' if self.work_dir else ''
            raise RuntimeError(
                f'the earlier stage is not trained to its end in {work_dir!r}, and from here that is possible on one '
                f'device only, not on {devices}. Train it on these first, then start this again: '
                f'bash tools/dist_train.sh {self.config} {devices} --resume{place} ; or start from a checkpoint as it '
                'is: --cfg-options load_from=CHECKPOINT'
            )
        runner.logger.info(f'Training the earlier stage first: {self.config}')
        program = 'from mmuda.compat import run_stock_tool; run_stock_tool("train.py")'
        command = [sys.executable, '-c', program, str(find_config(self.config)), '--work-dir', work_dir, '--resume']
        path = os.pathsep.join([str(Path(mmuda.__file__).parents[1]), os.environ.get('PYTHONPATH', '')])
        if subprocess.run(command, env={**os.environ, 'PYTHONPATH': path.rstrip(os.pathsep)}).returncode:
            raise RuntimeError(
                f'the training of the earlier stage failed, see above. By itself: python tools/train.py {self.config}'
            )

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse ruined weights; warn if the earlier stage was not trained to its end."""
        if self._checkpoint is None:
            return
        check_finite(
            checkpoint.get('state_dict', checkpoint),
            self._checkpoint,
            'Start from an older checkpoint (--cfg-options load_from=CHECKPOINT), or train the earlier stage '
            f'again: {self.config}',
        )
        meta = checkpoint.get('meta') or {}
        reached = meta.get('iter')
        loop = read_settings(meta.get('cfg') or '', ['train_cfg']).get('train_cfg') or {}
        end = loop.get('max_iters')
        if isinstance(reached, int) and isinstance(end, int) and reached < end:
            runner.logger.warning(
                f'{self._checkpoint} is of iteration {reached} of {end}: the earlier stage was not trained to its end. '
                f'To do so: python tools/train.py {self.config} --resume'
            )
