"""The case of a test, and the place of the question whether every case was run: after all other tests."""

import pytest

from tests.helpers.golden import Case, load_case

DESELECTED = pytest.StashKey[bool]()
"""Whether tests of this folder were left out by name or mark."""


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    """The case that ``each_case`` or ``each_variant`` chose."""
    return load_case(*request.param)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name == 'test_coverage.py')


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        if 'parity' in item.path.parts:
            item.config.stash[DESELECTED] = True
