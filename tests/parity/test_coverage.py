"""Every array of every golden case was read by the tests that have run in this process.

Asked after all other tests, and only where all files of this folder were run as a whole.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.golden import FAMILIES, GOLDEN_ROOT, READ
from tests.parity.conftest import DESELECTED

CASES = [(family, path.stem) for family in FAMILIES for path in sorted((GOLDEN_ROOT / family).glob('*.npz'))]

NOT_FOR_US = {
    'advent/train_step_minent:param_adam_betas': 'MinEnt has no discriminator',
    'advent/train_step_minent:param_lr_d': 'MinEnt has no discriminator',
    'dacs/*:in_chosen_classes': 'ours draws the classes itself, from param_numpy_seed (test_drawn_classes)',
    'dacs/train_step*:out_loss_*_float32': 'the run is in float64, as the fixture asks',
    'ensemble/student_step*:out_*_float32': 'the run is in float64, as the fixture asks',
    'mrnet/stage*_step*:param_crop_size': 'is the size of the images',
    'mrnet/stage2_rectified_step*:param_lambda_adv*': 'stage 2 has no adversarial objective',
    'mrnet/stage2_rectified_step*:param_only_hard_label': 'stage 2 does not mine',
    'mrnet/stage2_rectified_step*:param_sample_disc': 'stage 2 trains no discriminators',
    'mrnet/stage2_rectified_step*:out_*_lr_disc': 'stage 2 trains no discriminators',
    'mrnet/sgd_repeat*:param_train_bn': 'says which tensors the case lists; ours takes the list',
}
"""``family/case:array`` patterns of what no test reads, and why."""


def arrays(family: str, case: str) -> set[str]:
    with np.load(GOLDEN_ROOT / family / f'{case}.npz') as data:
        return set(data.files)


def excused(family: str, case: str, key: str) -> Iterator[str]:
    return (pattern for pattern in NOT_FOR_US if fnmatch(f'{family}/{case}:{key}', pattern))


@pytest.fixture(autouse=True)
def all_of_this_folder_was_run(request: pytest.FixtureRequest) -> None:
    ran = {item.path for item in request.session.items}
    missing = sorted(path.name for path in Path(__file__).parent.glob('test_*.py') if path not in ran)
    if missing or request.config.stash.get(DESELECTED, False):
        pytest.skip(f'only a part of the parity tests is run, without {missing[:3] or "some by name"}')


@pytest.mark.parametrize('family', FAMILIES)
def test_every_case_of_the_readme_exists(family):
    cases_alone = (GOLDEN_ROOT / family / 'README.md').read_text().partition('## Keys')[0]
    rows = [line.split('|')[1] for line in cases_alone.splitlines() if line.startswith('| `')]
    names = {name for row in rows for name in re.findall(r'`(\w+)`', row)}
    existing = {name for owner, name in CASES if owner == family}
    assert names & existing
    assert names - existing == set()


@pytest.mark.parametrize('family, case', CASES)
def test_every_array_of_the_case_was_read(family, case):
    unread = arrays(family, case) - READ.get((family, case), set())
    assert {key for key in unread if not any(excused(family, case, key))} == set()


@pytest.mark.parametrize('pattern', NOT_FOR_US)
def test_what_is_excused_exists_and_is_unread(pattern):
    excuses = [
        (family, case, key)
        for family, case in CASES
        for key in arrays(family, case)
        if fnmatch(f'{family}/{case}:{key}', pattern)
    ]
    assert excuses
    assert not any(key in READ.get((family, case), set()) for family, case, key in excuses)
