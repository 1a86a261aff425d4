"""Random numbers of a sample that depend on nothing but the sample."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def isolated_rng(entropy: Sequence[int]) -> Iterator[None]:
    """Seed ``random``, ``numpy.random`` and torch's CPU generator, and restore all three at the end.

    Args:
        entropy (Sequence[int]): Non-negative integers; equal sequences give equal random numbers.

    Example:
        >>> with isolated_rng([0, 7]):
        ...     first = random.random()
        >>> with isolated_rng([0, 7]):
        ...     first == random.random()
        True
    """
    words = np.random.SeedSequence(entropy).generate_state(3)
    python_seed, numpy_seed, torch_seed = (int(word) for word in words)
    python_state, numpy_state = random.getstate(), np.random.get_state()
    torch_state = torch.default_generator.get_state()
    try:
        random.seed(python_seed)
        np.random.seed(numpy_seed)
        torch.default_generator.manual_seed(torch_seed)  # torch.manual_seed would disturb the GPU's too
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        torch.default_generator.set_state(torch_state)
