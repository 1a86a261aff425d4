"""Checkpoints that a kill cannot take away."""

from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.engine.checkpoints import POINTER
from mmuda.utils.files import replace_file


@HOOKS.register_module()
class SafeCheckpointHook(CheckpointHook):
    """mmengine's ``CheckpointHook`` in another order: write, rename, point, then delete.

    mmengine deletes what is too much before it saves, and empties ``last_checkpoint`` before it writes it again: with
    ``max_keep_ckpts=1`` a run that is killed meanwhile has no checkpoint. Here a new checkpoint is whole and noted in
    ``last_checkpoint`` before an older one is deleted, so that there is always one more on the disk meanwhile. The same
    holds for the best one (``save_best``). One that a kill has left is deleted when the run is resumed.

    Arguments are those of ``CheckpointHook``.
    """

    def before_train(self, runner: Runner) -> None:
        """Clear what a killed run has left; the best checkpoint is the one in this work dir, wherever it was."""
        super().before_train(runner)
        if is_main_process():
            for path in [*Path(self.out_dir).glob('.*.pth.*.tmp'), *Path(runner.work_dir).glob(f'.{POINTER}.*.tmp')]:
                path.unlink(missing_ok=True)
        if self.save_best is not None:
            self._set_best({key: self._here(path) for key, path in self._best().items()})

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict[str, Any]) -> None:
        kept = []
        if self.max_keep_ckpts > 0:
            kept = [*(old for old in self.keep_ckpt_ids if old != step), step]
            # Those that are too much are noted in the checkpoint, too: a run resumed from it deletes them if this one
            # does not come to it.
            runner.message_hub.update_info('keep_ckpt_ids', kept)
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        if is_main_process():
            text = str(self.last_ckpt).encode()
            replace_file(Path(runner.work_dir, POINTER), lambda file: file.write(text), durable=True)
        for old in kept[: -self.max_keep_ckpts]:
            self._delete(self.file_backend.join_path(self.out_dir, self.filename_tmpl.format(old)))
        if kept:
            self.keep_ckpt_ids.clear()
            self.keep_ckpt_ids.extend(kept)  # its length is limited
            runner.message_hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))

    def _save_best_checkpoint(self, runner: Runner, metrics: dict[str, Any]) -> None:
        if not self.save_best:
            return
        before = self._best()
        self._set_best(dict.fromkeys(before))  # what mmengine does not know it does not delete
        super()._save_best_checkpoint(runner, metrics)
        after = self._best()
        self._set_best({key: after[key] or before.get(key) for key in after})
        for key, path in before.items():
            if path is not None and after.get(key) not in (None, path):
                self._delete(path)
                runner.logger.info(f'The previous best checkpoint {path} is removed')

    def _best(self) -> dict[str, str | None]:
        """Path of the best checkpoint per metric; of one metric without its name, which `auto` finds late."""
        if len(self.key_indicators) == 1:
            return {'': self.best_ckpt_path}
        return dict(self.best_ckpt_path_dict)

    def _set_best(self, paths: dict[str, str | None]) -> None:
        if len(self.key_indicators) == 1:
            self.best_ckpt_path = paths['']
        else:
            self.best_ckpt_path_dict = paths

    def _here(self, path: str | None) -> str | None:
        """A path that was noted, in the folder of this run: what is outside of it is not this run's to delete."""
        return path and self.file_backend.join_path(self.out_dir, Path(path).name)

    def _delete(self, path: str) -> None:
        if not is_main_process():
            return
        if self.file_backend.isfile(path):
            self.file_backend.remove(path)
        elif self.file_backend.isdir(path):  # of a sharded model
            self.file_backend.rmtree(path)
