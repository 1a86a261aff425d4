"""Gradients that wait for a step of the optimizer, where several iterations are accumulated."""

from collections.abc import Mapping

from mmengine.dist import all_reduce_params, get_world_size
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from torch import Tensor, nn


def waiting_gradients(module: nn.Module) -> dict[str, Tensor]:
    """Return the gradients of a module, for a checkpoint.

    Args:
        module (nn.Module): Not wrapped.

    Returns:
        dict[str, Tensor]: On the CPU, per parameter that has one; none where the optimizer has just stepped.
    """
    return {name: parameter.grad.cpu() for name, parameter in module.named_parameters() if parameter.grad is not None}


def restore_gradients(module: nn.Module, gradients: Mapping[str, Tensor]) -> None:
    """Give a module the gradients that :func:`waiting_gradients` returned."""
    for name, gradient in gradients.items():
        parameter = module.get_parameter(name)
        parameter.grad = gradient.to(parameter, copy=True)


def share_waiting_gradients(runner: Runner, module: nn.Module) -> None:
    """Let rank 0 save the gradients of all ranks: give every rank their mean before a checkpoint.

    While gradients are accumulated each rank has its own, and the mean is taken before the step. Taken before, it is
    the same mean. Call this in ``after_train_iter``, on all ranks, before mmengine's ``CheckpointHook`` acts.

    Args:
        runner (Runner): Of the training.
        module (nn.Module): Whose gradients.
    """
    if get_world_size() == 1 or runner.optim_wrapper.should_update() or not _saves_now(runner):
        return
    gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
    if gradients:
        all_reduce_params(gradients, op='mean')


def _saves_now(runner: Runner) -> bool:
    return any(
        isinstance(hook, CheckpointHook)
        and not hook.by_epoch
        and hook.every_n_train_iters(runner, hook.interval, hook.save_begin)
        for hook in runner.hooks
    )
