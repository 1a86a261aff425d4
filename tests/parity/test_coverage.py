"""No fixture is forgotten."""
from pathlib import Path

import pytest

from tests.parity.golden import GOLDEN_ROOT

CASES = sorted(path.stem for path in (GOLDEN_ROOT / 'mrnet').glob('*.npz'))
SOURCES = '\n'.join(path.read_text() for path in Path(__file__).parent.glob('test_*.py'))


def test_there_are_fixtures():
    assert CASES


@pytest.mark.parametrize('case', CASES)
def test_case_is_named_in_a_parity_test(case):
    variant = case.removeprefix('hard_pixel_ce_')  # these are parametrised by their last part
    assert f"'{variant}'" in SOURCES
