"""The teacher of a method: a slow copy of the student."""

from copy import deepcopy
from typing import Any

from mmengine.hooks import Hook
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmuda.engine.ema import ema_share, ema_update_
from mmuda.models.segmentors import UDASegmentor
from mmuda.utils.unwrap import unwrap

BUFFERS = ('own', 'copy', 'average')
MODES = ('train', 'eval', 'batch_norm')


@HOOKS.register_module()
class TeacherHook(Hook):
    """Own, move, save and restore the teacher of the objectives that need one.

    The teacher is a copy of the student as training begins, its pretrained weights included. The model knows it, and
    it is part of neither the model's state, nor its optimizer, nor what DistributedDataParallel wraps. After each
    step of the optimizer, so once per step also under gradient accumulation, and not where mixed precision skips the
    step, its parameters move (Tarvainen and Valpola, Mean Teacher, NeurIPS 2017)::

        share = min(1 - 1 / (update + 1), momentum);   teacher = share * teacher + (1 - share) * student

    ``update`` counts from ``first_update``.

    Parameters stay in the precision of the student's, float32 also under mixed precision; its passes run in whatever
    the losses run in. With several ranks every rank has the same parameters without any communication. Buffers are
    those of the rank, as are the student's; a checkpoint holds those of rank 0.

    If no objective needs a teacher, this hook does nothing.

    Args:
        momentum (float): In [0, 1). Defaults to 0.99, that of DACS (Tranheden et al., WACV 2021).
        buffers (str): Running statistics of BatchNorm and other buffers. Defaults to ``own``.

            - ``own``: statistics start at mean 0 and variance 1 and are moved by the teacher's own passes, as in the
              published code of DACS; other buffers stay. Only for a BatchNorm that uses those of the batch.
            - ``copy``: those of the student after each step.
            - ``average``: averaged as the parameters are; counters are copied.
        mode (str): Defaults to ``train``.

            - ``train``: BatchNorm uses the statistics of the batch, dropout and stochastic depth act, as in the
              published code of DACS.
            - ``batch_norm``: BatchNorm uses the statistics of the batch, everything else is in evaluation mode, so
              that dropout and stochastic depth do not act, as in DAFormer (Hoyer et al., CVPR 2022).
            - ``eval``: everything is in evaluation mode.
        first_update (int): Number of the first update, which is the one after the first step. 0: it makes the teacher
            equal to the student, as in DACS. 1: it averages both half and half, as in DAFormer, where the teacher keeps
            the weights of before training as its start. Defaults to 0.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> default_hooks = dict(teacher=dict(type='TeacherHook', momentum=0.999, buffers='copy', mode='eval'))
    """

    def __init__(
        self, momentum: float = 0.99, buffers: str = 'own', mode: str = 'train', first_update: int = 0
    ) -> None:
        if not 0 <= momentum < 1:
            raise ValueError(f'TeacherHook: momentum must be in [0, 1), got {momentum}')
        if buffers not in BUFFERS:
            raise ValueError(f'TeacherHook: buffers must be one of {BUFFERS}, got {buffers!r}')
        if mode not in MODES:
            raise ValueError(f'TeacherHook: mode must be one of {MODES}, got {mode!r}')
        if (buffers, mode) == ('own', 'eval'):
            raise ValueError(
                "TeacherHook: with mode='eval' a teacher's own statistics would stay mean 0 and variance "
                "1: set buffers='copy' or 'average'"
            )
        if first_update < 0:
            raise ValueError(f'TeacherHook: first_update must be 0 or more, got {first_update}')
        self.momentum = momentum
        self.first_update = first_update
        self.buffers = buffers
        self.mode = mode
        self.teacher: nn.Module | None = None
        self.updates = 0
        self._restored: dict[str, Any] | None = None
        self._handle: Any = None

    def before_train(self, runner: Runner) -> None:
        """Make the teacher from the student, whose weights are loaded, or from the checkpoint.

        Raises:
            TypeError: If there are several optimizers.
            ValueError: If the optimizer skips steps of mixed precision unseen, as fused ones do, or the teacher's own
                statistics would never move.
        """
        model = _model_with_teacher(runner)
        if model is None:
            return
        if not isinstance(runner.optim_wrapper, OptimWrapper):
            raise TypeError(f'TeacherHook follows one optimizer, got a {type(runner.optim_wrapper).__name__}')
        _check_steps_are_seen(runner.optim_wrapper)
        student = model.student
        teacher = deepcopy(student).requires_grad_(False).train(self.mode != 'eval')
        if self.mode == 'batch_norm':
            for module in teacher.modules():
                module.training = module.training and isinstance(module, _BatchNorm)
        self._prepare_statistics(teacher)
        self.updates = 0
        if self._restored is not None:
            self._restore(teacher, self._restored)
            self._restored = None
        self.teacher = teacher
        model.set_teacher(teacher)
        self._handle = runner.optim_wrapper.optimizer.register_step_post_hook(lambda *_: self._update(teacher, student))

    def after_train(self, runner: Runner) -> None:
        """Stop following the optimizer."""
        if self._handle is not None:
            self._handle.remove()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the teacher, under the names of a plain segmentor, and the number of its updates."""
        if self.teacher is not None:
            checkpoint['teacher'] = dict(
                state_dict={key: value.cpu() for key, value in self.teacher.state_dict().items()}, updates=self.updates
            )

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Keep the saved teacher of a run that is resumed."""
        if not runner._resume or _model_with_teacher(runner) is None:
            return
        if 'teacher' not in checkpoint:
            raise RuntimeError(
                'cannot resume: the checkpoint has no teacher, and an objective needs one. To start '
                'from its weights, set load_from=CHECKPOINT without --resume'
            )
        self._restored = checkpoint['teacher']

    def _prepare_statistics(self, teacher: nn.Module) -> None:
        norms = {
            name: module
            for name, module in teacher.named_modules()
            if isinstance(module, _BatchNorm) and module.track_running_stats
        }
        for name, norm in norms.items():
            if self.buffers != 'own':
                norm.momentum = 0.0  # its own passes do not move them
            elif norm.training:
                norm.reset_running_stats()
            else:
                raise ValueError(
                    f'TeacherHook: {name} of the student is in eval mode also in training (norm_eval, '
                    "frozen_stages), so a teacher's own statistics would stay mean 0 and variance 1: set "
                    "default_hooks.teacher.buffers='copy' or 'average'"
                )

    def _restore(self, teacher: nn.Module, saved: dict[str, Any]) -> None:
        try:
            teacher.load_state_dict(saved['state_dict'])
        except RuntimeError as error:
            raise RuntimeError(
                "cannot resume: the checkpoint's teacher is of another architecture than the student. "
                f'Resume with the config that the checkpoint was trained with. {error}'
            ) from error
        self.updates = saved['updates']

    def _update(self, teacher: nn.Module, student: nn.Module) -> None:
        share = ema_share(self.first_update + self.updates, self.momentum)
        ema_update_(teacher.parameters(), student.parameters(), share)
        if self.buffers != 'own':
            ema_update_(teacher.buffers(), student.buffers(), share if self.buffers == 'average' else 0.0)
        self.updates += 1


def _model_with_teacher(runner: Runner) -> UDASegmentor | None:
    model = unwrap(runner.model)
    return model if isinstance(model, UDASegmentor) and model.needs_teacher else None


def _check_steps_are_seen(wrapper: OptimWrapper) -> None:
    """Refuse optimizers that a gradient scaler always calls, and that skip the step themselves."""
    optimizer = wrapper.optimizer
    # The flag is torch's own: GradScaler asks for it in this way.
    scaled = isinstance(wrapper, AmpOptimWrapper) and wrapper.loss_scaler.is_enabled()
    if scaled and getattr(optimizer, '_step_supports_amp_scaling', False):
        name = type(optimizer).__name__
        raise ValueError(
            f'TeacherHook cannot see which steps of mixed precision a fused {name} skips, and would count '
            'them: set optim_wrapper.optimizer.fused=False, or train without --amp'
        )
