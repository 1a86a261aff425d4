"""One run at a time in a work dir."""

from pathlib import Path

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.utils.files import lock, unlock


@HOOKS.register_module()
class WorkDirLockHook(Hook):
    """Refuse to train in a work dir in which another run trains.

    Two runs in one work dir would overwrite each other's checkpoints and delete each other's pseudo labels. The lock
    is one of the operating system on ``<work dir>/.lock``, held by the process of rank 0 for all ranks: it ends with
    the run, or with the process however that ends, and the file stays. Testing takes no lock. Where the file system
    has no locks, nobody is kept out.

    In one process runs follow each other: the next one may take over the work dir of one that failed.
    """

    priority = 'HIGHEST'  # before anything in the work dir is read or changed

    def before_run(self, runner: Runner) -> None:
        """Take the lock.

        Raises:
            RuntimeError: If another run has it; on all ranks.
        """
        if not isinstance(runner.optim_wrapper, OptimWrapper):
            return  # testing
        holder: list[str | None] = [None]
        if is_main_process():
            try:
                lock(self._path(runner), again=True)
            except BlockingIOError as error:
                holder = [str(error)]
        broadcast_object_list(holder)
        if holder[0] is not None:
            raise RuntimeError(
                f'another run is training in {runner.work_dir} ({holder[0]}): wait until it has ended, '
                'or choose another --work-dir. To test its checkpoints meanwhile is possible'
            )

    def after_run(self, runner: Runner) -> None:
        """Give it back."""
        unlock(self._path(runner))

    @staticmethod
    def _path(runner: Runner) -> Path:
        return Path(runner.work_dir, '.lock')
