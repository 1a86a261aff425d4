"""The tolerances of the fixtures of the depth methods: absolute plus relative."""

import numpy as np
from numpy.typing import ArrayLike


def assert_within(got: ArrayLike, want: ArrayLike, absolute: float, relative: float = 0.0, name: str = '') -> None:
    """Check ``|got - want| <= absolute + relative * |want|``, element by element."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    assert got.shape == want.shape, f'{name}: shape {got.shape}, expected {want.shape}'
    assert np.isfinite(got).all(), f'{name}: not finite'
    excess = np.abs(got - want) - absolute - relative * np.abs(want)
    worst = int(excess.argmax()) if excess.size else 0
    assert not excess.size or excess.max() <= 0, (
        f'{name}[{worst}]: {got.flat[worst]} and {want.flat[worst]}, {excess.max():.3e} beyond the tolerance'
    )


def assert_within_rms(got: ArrayLike, want: ArrayLike, tolerance: float, name: str = '') -> None:
    """Check ``|got - want| <= tolerance * rms(want)``."""
    rms = float(np.sqrt(np.square(np.asarray(want, np.float64)).mean()))
    assert_within(got, want, tolerance * rms, name=name)
