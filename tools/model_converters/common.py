"""What the converters share."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import torch
from torch import Tensor

from mmuda.compat import safe_load

Convert = Callable[[Mapping[str, Tensor]], dict[str, Tensor]]

# Where a checkpoint holds its state dict: mmengine's, and that of DACS, beside a teacher (``ema_model``).
NESTED = ('state_dict', 'model')


def strip(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Take ``prefix`` off the names if all have it."""
    if not all(name.startswith(prefix) for name in state):
        return dict(state)
    return {name[len(prefix) :]: value for name, value in state.items()}


def check_names(names: Collection[str], expected: Collection[str], network: str) -> None:
    """Check that the names found are those expected; batch counters may be missing.

    Raises:
        ValueError: If one is unknown or missing; the message names it and says what ``network`` should be.
    """
    unknown = [name for name in names if name not in expected]
    # PyTorch before 0.4.1 did not count batches.
    missing = [name for name in expected if name not in names and not name.endswith('num_batches_tracked')]
    if unknown or missing:
        raise ValueError(
            f'this is no checkpoint of {network}: unknown entries: {_some(unknown)}; missing entries: {_some(missing)}'
        )


def check_entries(state: Mapping[str, Tensor], expected: Mapping[str, Tensor], network: str) -> None:
    """Check names and shapes.

    Args:
        state (Mapping[str, Tensor]): What was found.
        expected (Mapping[str, Tensor]): Tensors of the right shapes under the same names, e.g. on the device
            ``meta``.
        network (str): What it should be, for the error.

    Raises:
        ValueError: If an entry is unknown, missing or of another shape; the message names it.
    """
    check_names(state, expected, network)
    for name, value in state.items():
        if value.shape != expected[name].shape:
            raise ValueError(
                f'this is no checkpoint of {network}: {name} has shape {tuple(value.shape)}, expected '
                f'{tuple(expected[name].shape)}'
            )


def save(checkpoint: dict, target: Path) -> Path:
    """Write a checkpoint; it appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f'.{target.name}-', dir=target.parent) as folder:
        temporary = Path(folder) / target.name
        torch.save(checkpoint, temporary)
        os.replace(temporary, target)
    return target


def convert_file(source: str | os.PathLike, target: str | os.PathLike, convert: Convert, bare: bool = False) -> Path:
    """Convert a checkpoint file; the result appears whole or not at all.

    Args:
        source (str | os.PathLike): A state dict, or a dict that holds one as ``state_dict`` or ``model``.
        target (str | os.PathLike): Checkpoint to write, ``dict(state_dict=..., meta={})``.
        convert (Convert): From the state dict found to the one to write.
        bare (bool): Write the state dict alone. Defaults to False.

    Raises:
        FileNotFoundError: If ``source`` does not exist.
        ValueError: If it does not hold what ``convert`` expects.
    """
    source, target = Path(source), Path(target)
    if not source.is_file():
        raise FileNotFoundError(f'there is no checkpoint {source}')
    checkpoint = safe_load(source, map_location='cpu')
    nested = [key for key in NESTED if isinstance(checkpoint, dict) and key in checkpoint]
    state = checkpoint[nested[0]] if nested else checkpoint
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f'{source}: expected a state dict or a dict with the key "state_dict" or "model"')
    try:
        state = convert(state)
    except ValueError as error:
        raise ValueError(f'{source}: {error}') from error
    return save(state if bare else dict(state_dict=state, meta={}), target)


def run(convert: Convert, description: str) -> None:
    """The command line of a converter with two arguments: the file to read and the file to write."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', help='checkpoint to read')
    parser.add_argument('target', help='checkpoint to write')
    args = parser.parse_args()
    try:
        print(convert_file(args.source, args.target, convert))
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: unreadable or unsafe
        sys.exit(f'{Path(sys.argv[0]).stem}: {error}')


def _some(names: list[str]) -> str:
    more = f', ... ({len(names)} in all)' if len(names) > 5 else ''
    return ', '.join(names[:5]) + more if names else 'none'
