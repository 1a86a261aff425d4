"""Access to the golden fixtures (see tests/golden/README.md)."""

import importlib.util
import json
import os
from fnmatch import fnmatch
from functools import cache, lru_cache
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

GOLDEN_ROOT = Path(os.environ.get('MMUDA_GOLDEN') or Path(__file__).resolve().parents[1] / 'golden')
DEPTH_FAMILIES = ('advent', 'dada', 'ctrl', 'depdis')
"""Those that ``test_advent_*`` and ``test_depth_*`` of parity read, and no others: a second process may run these."""
FAMILIES = ('mrnet', 'cbst', 'crst', 'dacs', 'ensemble', *DEPTH_FAMILIES)

KEPT_WEIGHTS = 2**20  # in a tensor of a network

READ: dict[tuple[str, str], set[str]] = {}
"""Names of the arrays that tests have read so far, by family and case; test_coverage.py asks for them."""


class Case(dict):
    """Arrays of one case by name; remembers which of them a test has read.

    What is read while tests are collected does not count.
    """

    def __init__(self, family: str, name: str, arrays: dict[str, np.ndarray]) -> None:
        super().__init__(arrays)
        self.family, self.name = family, name

    def __getitem__(self, key: str) -> np.ndarray:
        value = super().__getitem__(key)
        if 'PYTEST_CURRENT_TEST' in os.environ:
            READ.setdefault((self.family, self.name), set()).add(key)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default

    def starting_with(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays whose names start so, by the rest of their names."""
        return {key.removeprefix(prefix): self[key] for key in self if key.startswith(prefix)}


def cases(family: str, pattern: str, without: str = '') -> list[str]:
    """Names of the cases of one kind.

    Args:
        family (str): A folder of the fixtures.
        pattern (str): Of the names, as in a shell.
        without (str): Names that match this as well are of another kind.

    Raises:
        FileNotFoundError: There is none: a missing case is an error, never a skip.
    """
    names = sorted(path.stem for path in (GOLDEN_ROOT / family).glob(f'{pattern}.npz'))
    names = [name for name in names if not fnmatch(name, without)]
    if not names:
        raise FileNotFoundError(
            f'no golden case {family}/{pattern}.npz in {GOLDEN_ROOT}: set MMUDA_GOLDEN to the folder with the fixtures '
            'or restore tests/golden'
        )
    return names


def each_case(family: str, pattern: str, without: str = '') -> pytest.MarkDecorator:
    """Run a test, or the tests of a class, with every case of a kind as ``case``."""
    names = cases(family, pattern, without)
    return pytest.mark.parametrize('case', [(family, name) for name in names], ids=names, indirect=True)


def suffixes(case: Case, prefix: str) -> list[str]:
    """What follows the prefix in the names of the arrays of a case: its variants."""
    return [key.removeprefix(prefix) for key in case if key.startswith(prefix)]


def each_variant(family: str, pattern: str, prefix: str, without: str = '') -> pytest.MarkDecorator:
    """As :func:`each_case`, once for every array that starts so; the rest of its name is ``suffix``."""
    rows = [
        (name, suffix)
        for name in cases(family, pattern, without)
        for suffix in suffixes(load_case(family, name), prefix)
    ]
    return pytest.mark.parametrize(
        'case, suffix',
        [((family, name), suffix) for name, suffix in rows],
        ids=[name + suffix for name, suffix in rows],
        indirect=['case'],
    )


def each_row(family: str, pattern: str, key: str, without: str = '') -> pytest.MarkDecorator:
    """As :func:`each_case`, once for every row of an array; the ``row`` is its index."""
    rows = [(name, row) for name in cases(family, pattern, without) for row in range(len(load_case(family, name)[key]))]
    return pytest.mark.parametrize(
        'case, row',
        [((family, name), row) for name, row in rows],
        ids=[f'{name}-{row}' for name, row in rows],
        indirect=['case'],
    )


def load_case(family: str, case: str) -> Case:
    """Arrays of one case; a missing case is an error, never a skip."""
    path = GOLDEN_ROOT / family / f'{case}.npz'
    if not path.is_file():
        raise FileNotFoundError(
            f'golden case {path} is missing: set MMUDA_GOLDEN to the folder with the fixtures or restore tests/golden'
        )
    with np.load(path, allow_pickle=False) as data:
        return Case(family, case, {key: data[key] for key in data.files})


def params_file(family: str, network: str) -> Path:
    """The list of the parameters and buffers of a network."""
    return GOLDEN_ROOT / family / f'{network}.params.json'


def listed_shapes(family: str, network: str) -> dict[str, tuple[int, ...]]:
    """Shapes of the original's parameters and buffers by name."""
    return {entry['name']: tuple(entry['shape']) for entry in json.loads(params_file(family, network).read_text())}


@cache
def recipe() -> ModuleType:
    """The module that draws the weights of the network fixtures.

    Most networks have the ResNet-101 in common, whose tensors are drawn by their names: what was drawn is kept, but
    for the largest tensors, which would take gigabytes.
    """
    spec = importlib.util.spec_from_file_location('golden_recipe', GOLDEN_ROOT / 'RECIPE.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    draw = module.make_tensor
    kept = lru_cache(maxsize=1000)(draw)

    def make_tensor(name: str, shape: list[int], kind: str, weight_gain: float = 1.0) -> np.ndarray:
        if prod(shape) > KEPT_WEIGHTS:
            return draw(name, shape, kind, weight_gain)
        return kept(name, tuple(shape), kind, weight_gain).copy()

    module.make_tensor = make_tensor
    return module


def original_arrays(case: Case, network: str | None = None, prefix: str = '') -> dict[str, np.ndarray]:
    """Weights that a case starts from, under the original's names.

    Args:
        case (Case): Its ``param_*`` say how the recipe is modified.
        network (str, optional): The list of parameters is that of this case of the same family. Defaults to its own.
        prefix (str): Put before every name, before the weights are drawn. Defaults to ''.
    """
    params = json.loads(params_file(case.family, network or case.name).read_text())
    scaled = [('bn3.weight', case['param_bn3_gain'])] if 'param_bn3_gain' in case else []
    return recipe().make_state(
        [{**entry, 'name': prefix + entry['name']} for entry in params],
        float(case.get('param_weight_gain', 1.0)),
        scaled=[*scaled, *modifications(case, 'scaled_suffix', 'scaled_factor')],
        shifted=modifications(case, 'shifted_suffix', 'shifted_value'),
        replaced=modifications(case, 'replaced_name', 'replaced_value'),
    )


def modifications(case: Case, names: str, values: str) -> list[tuple[str, Any]]:
    """Pairs of a name or its end and what is done there, none where the case has none."""
    if f'param_{names}' not in case:
        return []
    return list(zip(case[f'param_{names}'], case[f'param_{values}']))


def original_state(case: Case, network: str | None = None, prefix: str = '') -> dict[str, torch.Tensor]:
    """As :func:`original_arrays`, as tensors."""
    return {name: torch.from_numpy(value) for name, value in original_arrays(case, network, prefix).items()}


def assert_close(got, want, tol: float, name: str = '') -> None:
    """Max-norm check of the fixtures: ``max|got - want| <= tol * max|want|``."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    assert got.shape == want.shape, f'{name}: shape {got.shape}, expected {want.shape}'
    assert np.isfinite(got).all(), f'{name}: not finite'
    error = np.abs(got - want).max(initial=0)
    bound = tol * np.abs(want).max(initial=0)
    assert error <= bound, f'{name}: |difference| {error:.3e} is above {bound:.3e}'
