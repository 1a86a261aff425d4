"""No fixture is forgotten."""
from pathlib import Path

import pytest

from tests.parity.golden import GOLDEN_ROOT

FAMILIES = ('mrnet', 'cbst', 'crst', 'dacs', 'ensemble')
CASES = [(family, path.stem) for family in FAMILIES for path in sorted((GOLDEN_ROOT / family).glob('*.npz'))]


def sources(family: str) -> str:
    """The tests of a family: test_<family>_<topic>.py, those of mrnet just test_<topic>.py."""
    files = Path(__file__).parent.glob('test_*.py')
    owners = {path: path.stem.split('_')[1] for path in files}
    return '\n'.join(path.read_text() for path, owner in owners.items()
                     if (owner if owner in FAMILIES else 'mrnet') == family)


@pytest.mark.parametrize('family', FAMILIES)
def test_there_are_fixtures(family):
    assert any(name == family for name, _ in CASES)


@pytest.mark.parametrize('family, case', CASES)
def test_case_is_named_in_a_parity_test(family, case):
    variant = case.removeprefix('hard_pixel_ce_')  # these are parametrised by their last part
    assert f"'{variant}'" in sources(family)
