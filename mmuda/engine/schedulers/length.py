"""Schedules whose points may be shares of training."""

import inspect
import logging
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from mmengine.logging import print_log
from mmengine.optim.scheduler.param_scheduler import (
    CosineAnnealingParamScheduler,
    CosineRestartParamScheduler,
    LinearParamScheduler,
    OneCycleParamScheduler,
    PolyParamScheduler,
    _ParamScheduler,
)
from mmseg.registry import PARAM_SCHEDULERS

from mmuda.engine.schedulers.warmup_poly import WarmupPolyLR
from mmuda.utils.length import LARGEST_SHARE, TrainingLength

POINTS = ('begin', 'end', 'warmup_iters', 'max_iters', 'T_max', 'total_steps', 'step_size')
LISTS_OF_POINTS = ('milestones', 'periods')
FALLING = (
    CosineAnnealingParamScheduler,
    CosineRestartParamScheduler,
    OneCycleParamScheduler,
    PolyParamScheduler,
    WarmupPolyLR,
)


def with_length(schedulers: Any, length: TrainingLength, key: str) -> Any:
    """Settle when schedules begin and end.

    Every point of a schedule (``begin``, ``end``, ``warmup_iters``, ``milestones``, ...) is a number of iterations, or
    a float: a share of the length of training, above 1 for a schedule that training leaves before its end. A schedule
    without an end takes the length of training.

    Args:
        schedulers (dict | list | None): As ``param_scheduler`` of mmengine's runner. Built schedulers stay as they are.
        length (TrainingLength): Of the run.
        key (str): The setting, for errors.

    Returns:
        dict | list | None: The same with iterations.

    Raises:
        ValueError: If a schedule never begins, counts epochs, or its rate falls and then stays, as it ends before
            training does. Where it shall stay, a later schedule has to say so: ``dict(type='ConstantLR', factor=1.,
            begin=..., by_epoch=False)``.
    """
    if isinstance(schedulers, dict) and 'type' not in schedulers:  # of several optimizers
        return {name: with_length(part, length, f'{key}.{name}') for name, part in schedulers.items()}
    if schedulers is None:
        return None
    schedulers = schedulers if isinstance(schedulers, Sequence) else [schedulers]
    keys = [f'{key}[{index}]' if len(schedulers) > 1 else key for index in range(len(schedulers))]
    settled = [_settle(one, length, name) if isinstance(one, dict) else one for one, name in zip(schedulers, keys)]
    spans = [_span(one) for one in settled]
    for one, span, name in zip(settled, spans, keys):
        _check_span(one, span, spans, length, name)
    return settled


def _check_span(
    scheduler: dict | _ParamScheduler,
    span: tuple[int, int],
    spans: list[tuple[int, int]],
    length: TrainingLength,
    key: str,
) -> None:
    """Refuse a schedule that never begins, or leaves the rate where it fell to; ``spans`` are those of all."""
    begin, end = span
    if begin >= length.iterations:
        raise ValueError(
            f'{key}: {_name(scheduler)} never begins: begin={begin}, and {length}. Train longer, or give '
            'begin and end as shares of training (floats)'
        )
    held = any(later >= end and last >= length.iterations for later, last in spans)
    if _falls(scheduler) and end < length.iterations and not held:
        raise ValueError(
            f'{key}: {_name(scheduler)} ends at iteration {end}, and {length}: the rate would stay where it ends, '
            'which is 0 in most cases. Leave its end out, or give it as a share of training (a float). If the rate '
            f"shall stay, add dict(type='ConstantLR', factor=1., begin={end}, by_epoch=False) to say so. A resumed "
            'schedule of mmengine keeps the end that it had'
        )


def _settle(config: dict, length: TrainingLength, key: str) -> dict:
    config = deepcopy(config)
    if config.get('by_epoch', _by_epoch(_kind(config))):
        raise ValueError(f'{key}: {_name(config)} counts epochs, but training counts iterations: set by_epoch=False')
    for name in POINTS:
        if isinstance(config.get(name), float):
            config[name] = length.point(config[name], f'{key}.{name}', LARGEST_SHARE)
    for name in LISTS_OF_POINTS:
        if name in config:
            config[name] = [length.point(value, f'{key}.{name}', LARGEST_SHARE) for value in config[name]]
    if config.get('end') is None:
        config['end'] = length.iterations
    warmup = config.get('warmup_iters', config['end'] if _rises(config) else 0)
    if warmup >= length.iterations:
        print_log(
            f'{key}: the warm-up of {_name(config)} takes {warmup} iterations, and {length}: training is over '
            'before it is',
            logger='current',
            level=logging.WARNING,
        )
    return config


def _by_epoch(kind: type) -> bool:
    """Default of ``by_epoch``; mmengine's schedulers leave it to a base class."""
    parameters = (inspect.signature(base).parameters.get('by_epoch') for base in kind.mro()[:-1])
    return next(parameter.default for parameter in parameters if parameter is not None)


def _kind(scheduler: dict | _ParamScheduler) -> type:
    if not isinstance(scheduler, dict):
        return type(scheduler)
    kind = scheduler['type']
    found = PARAM_SCHEDULERS.get(kind) if isinstance(kind, str) else kind
    if found is None:
        raise KeyError(f'param_scheduler: there is no scheduler {kind!r}')
    return found


def _name(scheduler: dict | _ParamScheduler) -> str:
    return _kind(scheduler).__name__


def _setting(scheduler: dict | _ParamScheduler, name: str, default: Any = None) -> Any:
    settings = scheduler if isinstance(scheduler, dict) else vars(scheduler)
    return settings.get(name, default)


def _span(scheduler: dict | _ParamScheduler) -> tuple[int, int]:
    """The iterations at which a schedule begins and ends."""
    begin, end = _setting(scheduler, 'begin', 0), _setting(scheduler, 'end')
    kind = _kind(scheduler)
    if issubclass(kind, WarmupPolyLR):
        return begin, _setting(scheduler, 'max_iters') or end
    if issubclass(kind, CosineRestartParamScheduler):
        return begin, min(end, begin + sum(_setting(scheduler, 'periods')))
    return begin, end


def _falls(scheduler: dict | _ParamScheduler) -> bool:
    """Whether a schedule ends at a lower rate than it began with."""
    kind = _kind(scheduler)
    return issubclass(kind, FALLING) or (
        issubclass(kind, LinearParamScheduler) and _setting(scheduler, 'end_factor', 1.0) < 1
    )


def _rises(config: dict) -> bool:
    return issubclass(_kind(config), LinearParamScheduler) and config.get('end_factor', 1.0) == 1
