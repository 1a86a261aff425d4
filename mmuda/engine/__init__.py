"""Hooks, loops, optimizers and schedulers."""

from mmuda.engine import hooks, optimizers, runner, schedulers  # noqa: F401
