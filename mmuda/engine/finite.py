"""Weights and statistics that are no numbers."""

from collections.abc import Mapping
from typing import Any

import torch


def first_not_finite(state: Mapping[str, Any]) -> str | None:
    """Return the name of the first floating tensor that has NaN or infinite values.

    Args:
        state (Mapping[str, Any]): Parameters and buffers by name; what is no tensor is passed over.

    Returns:
        str | None: None if all are finite.

    Example:
        >>> first_not_finite(dict(weight=torch.zeros(2), running_var=torch.tensor([1., float('inf')])))
        'running_var'
    """
    for name, value in state.items():
        if isinstance(value, torch.Tensor) and value.is_floating_point() and not value.isfinite().all():
            return name
    return None


def check_finite(state: Mapping[str, Any], owner: str, advice: str) -> None:
    """Refuse weights and statistics that are NaN or infinite.

    Args:
        state (Mapping[str, Any]): See :func:`first_not_finite`.
        owner (str): Whose they are: names the checkpoint.
        advice (str): What to do.

    Raises:
        FloatingPointError: Names owner and tensor.
    """
    name = first_not_finite(state)
    if name is not None:
        raise FloatingPointError(f'{owner}: {name} has values that are NaN or infinite. {advice}')
