"""Access to the golden fixtures (see tests/golden/README.md)."""
import importlib.util
import os
from pathlib import Path
from types import ModuleType

import numpy as np

GOLDEN_ROOT = Path(os.environ.get('MMUDA_GOLDEN') or Path(__file__).resolve().parents[1] / 'golden')


def load_case(family: str, case: str) -> dict[str, np.ndarray]:
    """Arrays of one case; a missing case is an error, never a skip."""
    path = GOLDEN_ROOT / family / f'{case}.npz'
    if not path.is_file():
        raise FileNotFoundError(
            f'golden case {path} is missing: set MMUDA_GOLDEN to the folder with the fixtures or '
            'restore tests/golden')
    with np.load(path, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


def recipe() -> ModuleType:
    """The module that draws the weights of the network fixtures."""
    spec = importlib.util.spec_from_file_location('golden_recipe', GOLDEN_ROOT / 'RECIPE.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_close(got, want, tol: float, name: str = '') -> None:
    """Max-norm check of the fixtures: ``max|got - want| <= tol * max|want|``."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    assert got.shape == want.shape, f'{name}: shape {got.shape}, expected {want.shape}'
    assert np.isfinite(got).all(), f'{name}: not finite'
    error = np.abs(got - want).max(initial=0)
    bound = tol * np.abs(want).max(initial=0)
    assert error <= bound, f'{name}: |difference| {error:.3e} is above {bound:.3e}'
