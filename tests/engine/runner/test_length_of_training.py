"""One number changes the length of training: objectives, schedules and discriminators follow."""

import warnings
from collections.abc import Callable

import pytest
from mmengine.config import Config
from mmengine.hooks import Hook
from mmseg.registry import HOOKS, MODELS

from mmuda.engine.schedulers import with_length
from mmuda.models.objectives import Objective
from mmuda.utils.length import TrainingLength
from tests.helpers.tiny import (
    REPO,
    Killed,
    add_hook,
    assert_same,
    hook_of,
    load,
    make_data,
    tiny_config,
    tiny_self_training_config,
    train,
)

pytestmark = pytest.mark.integration

TERMS = {'source.loss_main', 'adversarial.loss_main', 'memory.loss', 'adversarial.discriminator_loss_main'}


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp('data'))


@HOOKS.register_module()
class RecordLength(Hook):
    """Remember the terms and the rates of every iteration."""

    priority = 'HIGH'  # before schedules step

    def __init__(self) -> None:
        self.terms, self.rates = [], []

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        wrappers = hook_of(runner, 'DiscriminatorHook').optim_wrappers.values()
        self.rates.append(
            [group['lr'] for wrapper in (runner.optim_wrapper, *wrappers) for group in wrapper.param_groups]
        )

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        self.terms.append(outputs)


def mrnet(data, work_dir, max_iters, **options) -> Config:
    """The toy MRNet whose source is alone for the first two thirds."""
    cfg = tiny_config(data, work_dir, train_cfg__max_iters=max_iters, **options)
    for objective in cfg.model.objectives[1:]:
        objective.begin = 2 / 3
    return add_hook(cfg, type='RecordLength')


def test_toy_mrnet_of_20_iterations_has_every_objective_and_a_rate_to_the_end(data, tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        runner = train(mrnet(data, tmp_path, 20))
    record = hook_of(runner, 'RecordLength')
    assert len(record.terms) == 20
    assert TERMS <= set(record.terms[-1])
    begun = [sum('memory.loss' in terms for terms in part) for part in (record.terms[:13], record.terms[13:])]
    assert begun == [0, 7]  # two thirds of 20 are 13
    assert all(rate > 0 for rates in record.rates for rate in rates)
    assert not [str(warning.message) for warning in caught if 'optimizer.step()' in str(warning.message)]
    assert (tmp_path / 'iter_20.pth').is_file()  # though it is shorter than the interval of checkpoints


def resolved(name: str) -> dict:
    """All points in training of a shipped config, as iterations."""
    cfg = Config.fromfile(REPO / 'configs' / name)
    length = TrainingLength(cfg.train_cfg.max_iters)
    found = dict(max_iters=length.iterations)
    for config in cfg.model.objectives:
        if 'begin' in config:
            begin = MODELS.build(
                dict(type=config.type, weight=1.0, begin=config.begin)
                if 'weight' in config
                else dict(type=config.type, begin=config.begin)
            )
            found[config.type] = begin.set_length(length)[0]
    hooks = [hook.param_scheduler for hook in cfg.get('custom_hooks', []) if 'param_scheduler' in hook]
    for key, schedules in dict(rate=cfg.get('param_scheduler'), discriminator=hooks or None).items():
        found[key] = [
            tuple(one[point] for point in ('begin', 'warmup_iters', 'max_iters', 'end') if point in one)
            for one in with_length(schedules, length, key) or []
        ]
    return found


MRNET = dict(max_iters=25000, rate=[(5000, 100000, 25000)], discriminator=[])
PUBLISHED = {
    'mrnet/gta2cs.py': dict(MRNET, MemoryRegularization=15000, discriminator=[(100000, 25000)]),
    'mrnet/gta2cs_stage2.py': dict(MRNET, MemoryRegularization=15000),
    'mrnet/gta2cs_rectified.py': MRNET,
    'mrnet/synthia2cs_rectified.py': dict(MRNET, MemoryRegularization=15000),
    'dacs/gta2cs.py': dict(max_iters=250000, rate=[(250000,)], discriminator=[]),
    'cbst/source_only_gta2cs_dlv2.py': dict(max_iters=100000, rate=[(100000,)], discriminator=[]),
    'ensemble/source_only_gta2cs.py': dict(max_iters=100000, rate=[(100000,)], discriminator=[]),
    'cbst/source_only_gta2cs_mit-b0.py': dict(max_iters=40000, rate=[(1500,), (1500, 40000)], discriminator=[]),
    'toy/mrnet.py': dict(max_iters=500, rate=[(25, 500)], discriminator=[(500,)], MemoryRegularization=300),
    'toy/mrnet_classmix.py': dict(max_iters=500, rate=[(25, 500)], discriminator=[(500,)], MemoryRegularization=300),
    'toy/mrnet_stage2.py': dict(max_iters=500, rate=[(25, 500)], discriminator=[], MemoryRegularization=300),
    'toy/dada.py': dict(max_iters=3000, rate=[(150, 3000)], discriminator=[(3000,)], AdversarialAlignment=2000),
    'camvid/source_only.py': dict(max_iters=3000, rate=[(150, 3000)], discriminator=[]),
}


@pytest.mark.parametrize('name', PUBLISHED)
def test_shares_are_the_published_iterations(name):
    assert resolved(name) == PUBLISHED[name]


def set_objectives(*changes: tuple[int, dict]) -> Callable[[Config], None]:
    return lambda cfg: [cfg.model.objectives[index].update(change) for index, change in changes]


@pytest.mark.parametrize(
    'change, message',
    [
        (
            set_objectives((2, dict(begin=500))),
            "'memory' can never act: begin=500, end=None are iterations 500 to 20, and train_cfg.max_iters=20",
        ),
        (set_objectives((2, dict(begin=1.0))), "'memory' can never act: begin=1.0"),
        (set_objectives((2, dict(begin=1.5))), "'memory': begin=1.5: expected iterations"),
        (set_objectives((2, dict(begin=0.5, end=8))), "'memory' can never act: begin=0.5, end=8"),
        (
            set_objectives((0, dict(begin=3))),
            'in iteration 0 no objective has a loss, and train_cfg.max_iters=20: they act '
            r"'source' in \[3, 20\), 'adversarial' in \[13, 20\)",
        ),
        (set_objectives((0, dict(end=12))), 'in iteration 12 no objective has a loss'),
        (
            lambda cfg: cfg.param_scheduler.update(max_iters=10),
            'WarmupPolyLR ends at iteration 10, and train_cfg.max_iters=20',
        ),
        (
            lambda cfg: cfg.custom_hooks[0].param_scheduler.update(max_iters=0.5),
            'of DiscriminatorHook: WarmupPolyLR ends at iteration 10, and train_cfg.max_iters=20',
        ),
    ],
)
def test_what_cannot_be_is_said_at_the_start(data, tmp_path, change, message):
    cfg = mrnet(data, tmp_path, 20)
    change(cfg)
    with pytest.raises(ValueError, match=message):
        train(cfg)
    assert not list(tmp_path.glob('*.pth'))


def test_a_gap_that_another_objective_fills_is_legitimate(data, tmp_path):
    cfg = mrnet(data, tmp_path, 3)
    cfg.model.objectives[0].end = 2
    cfg.model.objectives[2].begin = 1
    assert set(hook_of(train(cfg), 'RecordLength').terms[2]) >= {'memory.loss'}


def test_a_very_short_run_has_every_objective(data, tmp_path):
    assert TERMS <= set(hook_of(train(mrnet(data, tmp_path, 1)), 'RecordLength').terms[0])


@MODELS.register_module()
class SilentObjective(Objective):
    """Acts and has no loss."""

    def losses(self, step) -> dict:
        return {}


def test_a_step_without_a_loss_names_iteration_and_objectives(data, tmp_path):
    cfg = tiny_config(data, tmp_path, 'source_only')
    cfg.model.objectives = [dict(type='SilentObjective', name='silent')]
    with pytest.raises(RuntimeError, match=r"in iteration 0 no objective has a loss, of \['silent'\]"):
        train(cfg)


def test_an_objective_with_shares_needs_a_length():
    objective = SilentObjective('silent', begin=0.5)
    with pytest.raises(RuntimeError, match="'silent': begin=0.5, end=None are shares .* whose length is not known"):
        objective(None)


def test_shares_of_rounds_are_those_of_all_rounds(data, tmp_path):
    cfg = tiny_self_training_config(data, tmp_path)
    cfg.model.objectives.append(dict(cfg.model.objectives[0], name='late', begin=0.5))
    cfg.model.objectives.append(dict(cfg.model.objectives[0], name='never', begin=6))
    with pytest.raises(ValueError, match="'never' can never act: .* and the length of all rounds=6"):
        train(cfg)
    cfg.model.objectives.pop()
    cfg.experiment_name += '_2'
    runner = train(cfg)
    assert runner.model.objectives[1].set_length(runner.train_loop.length) == (3, 6)


def test_resuming_with_another_length_is_said_and_followed(data, tmp_path):
    train(mrnet(data, tmp_path, 2))
    runner = train(mrnet(data, tmp_path, 4, resume=True))
    record = hook_of(runner, 'RecordLength')
    assert record.rates[-1][0] > 0 and len(record.rates) == 2
    log = ''.join(path.read_text() for path in tmp_path.rglob('*.log'))
    assert 'planned for train_cfg.max_iters=2 and is resumed with 4' in log


def test_a_stock_schedule_resumed_with_a_later_end_is_refused(data, tmp_path):
    poly = dict(type='PolyLR', by_epoch=False)
    train(tiny_config(data, tmp_path, 'source_only', param_scheduler=[poly]))
    with pytest.raises(ValueError, match='PolyLR ends at iteration 2, and train_cfg.max_iters=4: .* A resumed'):
        train(tiny_config(data, tmp_path, 'source_only', param_scheduler=[poly], train_cfg__max_iters=4, resume=True))


def test_resuming_is_exact_with_shares(data, tmp_path):
    options = dict(default_hooks__checkpoint__interval=2, default_hooks__checkpoint__max_keep_ckpts=-1)
    train(mrnet(data, tmp_path / 'whole', 6, **options))
    with pytest.raises(Killed):
        train(add_hook(mrnet(data, tmp_path / 'killed', 6, **options), type='KillAt', iteration=2))
    train(mrnet(data, tmp_path / 'killed', 6, resume=True, **options))
    got, want = (load(tmp_path / name / 'iter_6.pth') for name in ('killed', 'whole'))
    for key in ('state_dict', 'optimizer', 'discriminators', 'train_loop'):
        assert_same(got[key], want[key], key)


def test_a_segmentor_that_knows_no_views_is_refused(data, tmp_path):
    cfg = tiny_config(data, tmp_path, 'source_only')
    cfg.model = dict(cfg.model.segmentor, data_preprocessor=dict(type='SegDataPreProcessor'))
    with pytest.raises(
        TypeError,
        match='model.type is EncoderDecoder, which knows no views, .* those of a UDADataset. '
        "Make it the student: model=dict.type='UDASegmentor'",
    ):
        train(cfg)
