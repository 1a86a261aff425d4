"""Whether a checkpoint is of a model's architecture."""

from collections.abc import Mapping

from torch import Tensor


def architecture_difference(expected: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> str:
    """Compare names and shapes of parameters and buffers.

    Args:
        expected (Mapping[str, Tensor]): Those of the model.
        given (Mapping[str, Tensor]): Those of the checkpoint. ``num_batches_tracked`` of BatchNorm, which old
            checkpoints lack, may be missing.

    Returns:
        str: What differs; empty if nothing does.
    """
    missing = [key for key in expected if key not in given and not key.endswith('num_batches_tracked')]
    unknown = [key for key in given if key not in expected]
    reshaped = [
        f'{key} is {tuple(given[key].shape)}, expected {tuple(value.shape)}'
        for key, value in expected.items()
        if key in given and given[key].shape != value.shape
    ]
    if not (missing or unknown or reshaped):
        return ''
    return (
        f'{len(missing)} of {len(expected)} parameters are missing (first: {missing[:3]}), {len(unknown)} are '
        f'unknown (first: {unknown[:3]}), {len(reshaped)} have another shape (first: {reshaped[:3]})'
    )
