"""Two iterations of DADA and CTRL through the shipped configs, with repeated updates of two PyTorch versions."""

from types import SimpleNamespace
from typing import NamedTuple

import pytest
from mmengine.config import Config

from tests.helpers.depth_steps import CONFIGS, check_trace, discriminator_name, discriminator_start, run_steps
from tests.helpers.golden import Case, cases, load_case
from tests.helpers.tolerances import assert_within
from tools.model_converters.advent_family import CTRL, DADA, Release


class Method(NamedTuple):
    """How a family names things, and the tolerances of its README."""

    config: str
    release: Release
    joint: str
    """Our name of the map that the discriminator sees."""
    losses: dict[str, str]
    """Published loss -> ours."""
    discriminator: str
    """Of the arrays of the discriminator."""
    bce: str
    """Of its losses: published name with a place for the domain."""
    legacy: tuple[str, bool]
    """Rule of repeated updates, and whether Adam is old, in the older PyTorch."""
    loss_tolerance: float
    samples: tuple[float, float]
    discriminator_samples: float
    norm: float


METHODS = dict(
    dada=Method(
        'dada/synthia2cs.py',
        DADA,
        'main',
        dict(seg_src_main='source.loss_main', depth_src_main='depth.loss', adv_trg_main='adversarial.loss_main'),
        'd_main',
        'bce_d_main_{}',
        ('torch14', True),
        3e-4,
        (5e-5, 2e-5),
        4e-5,
        2e-3,
    ),
    ctrl=Method(
        'ctrl/synthia2cs.py',
        CTRL,
        'joint',
        dict(
            seg_src='source.loss_main',
            srh_src='source.loss_refined',
            depth_src='depth.loss',
            adv_trg='adversarial.loss_joint',
        ),
        'd',
        'bce_d_{}',
        ('torch17', False),
        5e-4,
        (1e-4, 2e-5),
        1.5e-4,
        5e-3,
    ),
)
VERSIONS = ('out_', 'out_legacy_')


def config(case: Case, method: Method) -> Config:
    cfg = Config.fromfile(CONFIGS / method.config)
    _, depth, adversarial = cfg.model.objectives
    assert depth.weight == float(case['param_lambda_depth'])
    assert adversarial.weights == {method.joint: float(case['param_lambda_adv'])}
    if 'param_bins' in case:
        assert (adversarial.maps.rule, adversarial.maps.num_bins) == (case['param_bins'], case['param_num_bins'])
        assert float(case['param_lambda_seg']) == 1
    return cfg


@pytest.fixture(
    scope='module',
    params=[
        (family, name, prefix) for family in METHODS for name in cases(family, 'train_step*') for prefix in VERSIONS
    ],
    ids='-'.join,
)
def run(request, tmp_path_factory) -> SimpleNamespace:
    family, name, prefix = request.param
    case, method = load_case(family, name), METHODS[family]
    classes = int(case['param_num_classes'])
    channels = 2 * classes + int(case['param_num_bins']) if family == 'ctrl' else classes
    result = run_steps(
        config(case, method),
        case,
        method.release,
        {method.joint: discriminator_start(family, channels)},
        dict(type='GoldenDomains', family=family, case=name),
        str(tmp_path_factory.mktemp('step')),
        *(method.legacy if 'legacy' in prefix else ('torch213', False)),
    )
    return SimpleNamespace(**vars(result), method=method, prefix=prefix)


def values(run: SimpleNamespace, key: str) -> list[float]:
    return [iteration.outputs[key] for iteration in run.iterations]


def test_losses(run):
    weights = {'depth.loss': float(run.case['param_lambda_depth'])}
    weights[f'adversarial.loss_{run.method.joint}'] = float(run.case['param_lambda_adv'])
    recorded = [key.removeprefix(f'{run.prefix}loss_') for key in run.case if key.startswith(f'{run.prefix}loss_')]
    assert set(recorded) == set(run.method.losses)
    for theirs, ours in run.method.losses.items():
        got = [value / weights.get(ours, 1) for value in values(run, ours)]
        assert_within(got, run.case[f'{run.prefix}loss_{theirs}'], 1e-5, run.method.loss_tolerance, theirs)


def test_loss_of_the_discriminator(run):
    got = values(run, f'adversarial.discriminator_loss_{run.method.joint}')
    want = sum(run.case[run.prefix + run.method.bce.format(domain)] for domain in ('source', 'target'))
    assert_within(got, want, 1e-5, run.method.loss_tolerance)


def test_model_after_each_iteration(run):
    names = {run.release.original_name(name): name for name in run.start['model']}
    assert set(names) == {str(name) for name in run.case['param_names_model']}
    check_trace(run, 'model', 'model', names, *run.method.samples, run.method.norm, run.prefix)


def test_discriminator_after_each_iteration(run):
    key = run.method.discriminator
    names = {str(name): discriminator_name(str(name)) for name in run.case[f'param_names_{key}']}
    tolerance = run.method.discriminator_samples
    check_trace(run, run.method.joint, key, names, tolerance, 1e-5, run.method.norm, run.prefix)
