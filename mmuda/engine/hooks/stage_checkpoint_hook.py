"""The start of one stage from the end of another."""

from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.engine.checkpoints import latest_checkpoint, read_settings
from mmuda.engine.finite import check_finite


@HOOKS.register_module()
class StageCheckpointHook(Hook):
    """Start from the last checkpoint of an earlier stage.

    ``load_from`` in the config or on the command line takes precedence. A run that is resumed
    (``--resume``) and finds a checkpoint of its own does not need the earlier stage. An earlier stage that did not
    reach its last iteration is started from, with a warning; one whose weights or statistics are NaN or infinite is
    refused.

    Args:
        work_dir (str): Work dir of the earlier stage, relative to where training is started.
        config (str): Config of the earlier stage, for the message that says how to make what is missing.
    """

    priority = 'VERY_HIGH'

    def __init__(self, work_dir: str, config: str) -> None:
        self.work_dir = work_dir
        self.config = config
        self._checkpoint: str | None = None  # that the runner loads

    def before_run(self, runner: Runner) -> None:
        """Find the checkpoint and let the runner load it."""
        testing = not isinstance(runner.optim_wrapper, OptimWrapper)
        if testing or runner._load_from is not None or runner._has_loaded:
            return
        if runner._resume and latest_checkpoint(runner.work_dir) is not None:
            return
        checkpoint = latest_checkpoint(self.work_dir)
        if checkpoint is None:
            raise FileNotFoundError(
                f'this stage starts from a checkpoint of an earlier one, but there is none in {self.work_dir!r}. '
                f'Train it first: python tools/train.py {self.config} ; or name a checkpoint: '
                '--cfg-options load_from=CHECKPOINT'
            )
        runner.logger.info(f'Starting from {checkpoint}')
        runner._load_from = self._checkpoint = checkpoint
        runner._resume = False

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
