"""Two iterations of AdvEnt and MinEnt through the shipped configs, with repeated updates of two PyTorch versions."""

from types import SimpleNamespace

import pytest
from mmengine.config import Config

from tests.helpers.depth_steps import CONFIGS, check_trace, discriminator_name, discriminator_start, run_steps
from tests.helpers.golden import Case, cases, load_case
from tests.helpers.tolerances import assert_within
from tools.model_converters.advent_family import MULTI_LEVEL, SINGLE_LEVEL, Release

RULES = {'out_': ('torch213', False), 'out_legacy_': ('torch14', True)}


def config(case: Case) -> Config:
    two, minent = bool(case['param_multi_level']), 'minent' in case.name
    name = ('gta2cs' if two else 'synthia2cs') + ('_minent' if minent else '')
    cfg = Config.fromfile(CONFIGS / 'advent' / f'{name}.py')
    names = ('aux', 'main') if two else ('main',)
    weights = {key: {name: float(case[f'param_lambda_{key}_{name}']) for name in names} for key in ('adv', 'ent')}
    seg = dict(aux=float(case['param_lambda_seg_aux']), main=1.0)
    supervision, other = cfg.model.objectives
    assert (supervision.get('weights') or dict(main=1.0)) == {name: seg[name] for name in names}
    assert other.weights == weights['ent' if minent else 'adv']
    return cfg


def release(case: Case) -> Release:
    return MULTI_LEVEL if case['param_multi_level'] else SINGLE_LEVEL


@pytest.fixture(
    scope='module',
    params=[(name, prefix) for name in cases('advent', 'train_step*') for prefix in RULES],
    ids=lambda pair: '-'.join(pair),
)
def run(request, tmp_path_factory) -> SimpleNamespace:
    name, prefix = request.param
    case = load_case('advent', name)
    rule, old_adam = RULES[prefix]
    names = [key.removeprefix('param_names_d_') for key in case if key.startswith('param_names_d_')]
    result = run_steps(
        config(case),
        case,
        release(case),
        {key: discriminator_start('advent', int(case['param_num_classes'])) for key in names},
        dict(type='GoldenDomains', family='advent', case=name),
        str(tmp_path_factory.mktemp('step')),
        rule,
        old_adam,
    )
    result.prefix = prefix
    return result


def losses(run: SimpleNamespace, key: str) -> list[float]:
    return [iteration.outputs[key] for iteration in run.iterations]


def test_losses(run):
    case, prefix = run.case, run.prefix
    weights = {'seg_src': ('source', dict(aux=float(case['param_lambda_seg_aux']), main=1.0))}
    for term, ours in (('adv', 'adversarial'), ('ent', 'entropy')):
        weights[f'{term}_trg' if term == 'adv' else term] = (
            ours,
            {name: float(case[f'param_lambda_{term}_{name}']) for name in ('aux', 'main')},
        )
    found = 0
    for term, (ours, factors) in weights.items():
        for name, weight in factors.items():
            key = f'{prefix}loss_{term}_{name}'
            if key in case:
                got = [value / weight for value in losses(run, f'{ours}.loss_{name}')]
                assert_within(got, case[key], 1e-6, 2e-5, key)
                found += 1
    assert found == sum(key.startswith(f'{prefix}loss_') and '_d_' not in key for key in case)


def test_losses_of_the_discriminators(run):
    case, prefix = run.case, run.prefix
    for key in [key for key in case if key.startswith(f'{prefix}loss_d_')]:
        name = key.removeprefix(f'{prefix}loss_d_')
        source, target = case[f'{prefix}bce_d_{name}_source'], case[f'{prefix}bce_d_{name}_target']
        assert_within(case[key], target / 2, 1e-6, 2e-5)  # what the original prints
        assert_within(losses(run, f'adversarial.discriminator_loss_{name}'), (source + target) / 2, 1e-6, 2e-5, key)


def test_model_after_each_iteration(run):
    names = {run.release.original_name(name): name for name in run.start['model']}
    assert set(names) == {str(name) for name in run.case['param_names_model']}
    check_trace(run, 'model', 'model', names, 1e-5, 1e-5, prefix=run.prefix)


def test_discriminators_after_each_iteration(run):
    for key in [key for key in run.case if key.startswith('param_names_d_')]:
        name = key.removeprefix('param_names_d_')
        names = {str(entry): discriminator_name(str(entry)) for entry in run.case[key]}
        check_trace(run, name, f'd_{name}', names, 2e-5, 1e-5, prefix=run.prefix)
