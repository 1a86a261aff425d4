"""An early end for runs whose loss is no number."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.engine.checkpoints import describe_last
from mmuda.engine.finite import check_finite


@HOOKS.register_module()
class LossCheckHook(Hook):
    """Stop when a loss term is NaN or infinite, and name the term.

    Every iteration is checked on the device; the verdict is read every ``interval`` iterations and
    before a checkpoint is saved, so that the step never waits for it and no ruined weights are saved. Weights and
    statistics, of the teacher and the discriminators, too, are looked at before they are saved: the running variance
    of a BatchNorm can be infinite while losses, which use that of the batch, still are numbers.

    Args:
        interval (int): Iterations between two readings. Defaults to 10.
    """

    # Before CheckpointHook (VERY_LOW), after the hooks that train something of their own.
    priority = 'LOW'

    def __init__(self, interval: int = 10) -> None:
        self.interval = interval
        self._names: list[str] = []
        self._finite: torch.Tensor | None = None

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict, outputs: dict) -> None:
        """Look at the losses of this iteration."""
        names = [key for key in outputs if 'loss' in key and key != 'loss']
        if self._finite is not None and names != self._names:
            self._raise_if_ruined(runner)  # the set of terms changes
        finite = torch.stack([outputs[name].detach().double() for name in names]).isfinite()
        if self._finite is None:
            self._names, self._finite = names, finite
        else:  # keep the first iteration in which a term was ruined: later everything is
            self._finite = torch.where(self._finite.all(), finite, self._finite)
        if self.every_n_train_iters(runner, self.interval):
            self._raise_if_ruined(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Do not save ruined weights or statistics."""
        self._raise_if_ruined(runner)
        parts = dict(model=checkpoint['state_dict'], teacher=checkpoint.get('teacher', {}).get('state_dict', {}))
        for name, discriminator in checkpoint.get('discriminators', {}).items():
            parts[f'discriminator {name}'] = discriminator['state_dict']
        for name, state in parts.items():
            check_finite(
                state,
                f'no checkpoint is saved of iteration {checkpoint["meta"]["iter"]}, {name}',
                'Lower the learning rate or clip gradients; look for damaged images',
            )

    def _raise_if_ruined(self, runner: Runner) -> None:
        finite, self._finite = self._finite, None
        if finite is None or finite.all():
            return
        terms = [name for name, ok in zip(self._names, finite.tolist()) if not ok]
        raise FloatingPointError(
            f'at iteration {runner.iter + 1} or at most {self.interval} before it, these losses were not finite: '
            f'{", ".join(terms)}. {describe_last(runner.work_dir)}. Lower the learning rate, clip gradients, or '
            'look at the labels of that term'
        )
