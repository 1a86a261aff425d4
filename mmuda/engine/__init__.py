"""Hooks, loops, optimizers and schedulers."""

from mmuda.engine import hooks, optimizers, runner, schedulers, self_training  # noqa: F401
