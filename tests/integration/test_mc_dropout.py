"""Labels corrected by Monte-Carlo dropout in the shipped toy configs, through the real runner."""

import json
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import HOOKS, MODELS, RUNNERS

from mmuda.pseudo_labels import MCDropoutPredictor
from tests.helpers.host_reads import HostReads
from tests.helpers.tiny import CROP, hook_of, make_data, tiny_config, tiny_self_training_config, train
from tests.helpers.two_ranks import run_on_two_ranks

pytestmark = pytest.mark.integration

NUM_IMAGES, PASSES = 4, 3


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def start(data, tmp_path_factory) -> Path:
    """A checkpoint as an earlier stage leaves it; its classes differ from pixel to pixel."""
    folder = tmp_path_factory.mktemp('stage1')
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(tiny_config(data, folder, 'mc_dropout').model)
    for classifier in (model.decode_head.aux_classifier, model.decode_head.main_classifier):
        torch.nn.init.normal_(classifier.conv_seg.weight, std=2.0)
    torch.save(dict(state_dict=model.state_dict()), folder / 'start.pth')
    return folder / 'start.pth'


def config(data: Path, work_dir: Path, start: Path, name: str = 'mc_dropout', **options: Any) -> Config:
    cfg = tiny_config(data, work_dir, name, **options)
    cfg.load_from = str(start)
    cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook.type == 'PseudoLabelHook']
    hook = cfg.custom_hooks[0]
    hook.predictor.update(passes=PASSES, scales=[(96, 64)])
    hook.labeler = {key: value for key, value in hook.labeler.items() if 'threshold' not in key}
    loosen(hook.labeler)
    return cfg


def loosen(labeler: dict) -> None:
    """Thresholds that predictions of a network that has learned nothing reach in some pixels."""
    if labeler['type'] == 'NegativePassLabeler':
        loosen(labeler.setdefault('positive', dict(type='MeanStdPassLabeler')))
        labeler['max_std'] = 0.05
    else:
        labeler['threshold'] = 0.4


def files(work_dir: Path) -> dict[str, bytes]:
    root = work_dir / 'pseudo_labels'
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob('*') if path.is_file()}


@pytest.fixture(scope='module')
def run(data, start, tmp_path_factory) -> Path:
    """Work dir of a run of two iterations; not to be changed."""
    work_dir = tmp_path_factory.mktemp('run')
    runner = train(config(data, work_dir, start))
    assert runner.iter == 2 and hook_of(runner, 'PseudoLabelHook')
    return work_dir


def test_every_image_is_labeled(run):
    names = [name for name in files(run) if name.endswith('_leftImg8bit.png')]
    assert len(names) == 2 * NUM_IMAGES  # label and confidence


def train_and_kill(cfg: Config, passes: int) -> None:
    original, made = MCDropoutPredictor._pass, []

    def one_pass(*args: Any) -> Any:
        made.append(1)
        if len(made) == passes:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args)

    MCDropoutPredictor._pass = one_pass
    train(cfg)


@pytest.mark.parametrize('index', [0, 1, PASSES - 1])
def test_killed_in_a_pass_and_started_again_the_labels_are_the_same(data, start, run, tmp_path, index):
    passes = 2 * PASSES + index + 1  # of the third image
    process = multiprocessing.get_context('fork').Process(
        target=train_and_kill, args=(config(data, tmp_path, start), passes)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len([name for name in files(tmp_path) if 'confidence' in name]) == 2
    train(config(data, tmp_path, start))
    assert files(tmp_path) == files(run)


def label_on_rank(rank: int, data: str, start: str, work_dir: str) -> None:
    os.environ['LOCAL_RANK'] = str(rank)
    train(config(Path(data), Path(work_dir), Path(start), launcher='pytorch'))


def test_labels_do_not_depend_on_the_number_of_ranks(data, start, run, tmp_path):
    run_on_two_ranks(label_on_rank, str(data), str(start), str(tmp_path))
    assert files(tmp_path) == files(run)


@pytest.mark.parametrize('name', ['mc_dropout_minimum', 'mc_dropout_negative'])
def test_other_strategies_train(data, start, tmp_path, name):
    cfg = config(data, tmp_path, start, name)
    cfg.custom_hooks.append(dict(type='RecordLosses'))
    train(cfg)
    assert ('negative.loss_main' in RecordLosses.seen) == (name == 'mc_dropout_negative')


def test_planes_of_negative_labels_are_stored_by_name(data, start, tmp_path):
    train(config(data, tmp_path, start, 'mc_dropout_negative'))
    folders = {Path(name).parts[0] for name in files(tmp_path) if '/' in name}
    assert {'confidence', 'mean_label', 'std', 'negative'} <= folders


@HOOKS.register_module()
class RecordLosses(Hook):
    """Remember the losses of the last iteration."""

    seen: dict[str, float] = {}

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        RecordLosses.seen = {name: value.item() for name, value in outputs.items()}


@pytest.mark.parametrize(
    'more, losses',
    [
        (dict(type='MemoryRegularization', weight=0.1), {'memory.loss'}),
        (dict(type='ClassMixSupervision', source='labeled'), {'classmix.loss_aux', 'classmix.loss_main'}),
    ],
    ids=['MRNet', 'ClassMix'],
)
def test_objectives_of_other_methods_are_one_line_more(data, start, tmp_path, more, losses):
    cfg = config(data, tmp_path, start, 'mc_dropout_negative')
    cfg.model.objectives.append(more)
    crop = dict(type='HardSampleCrop', crop_size=CROP, min_distinct=None)  # ClassMix pairs images of one size
    cfg.train_dataloader.dataset.target.pipeline.insert(-1, crop)
    cfg.custom_hooks.append(dict(type='RecordLosses'))
    train(cfg)
    assert losses | {'negative.loss_main', 'rectified.loss_main'} <= set(RecordLosses.seen)


def train_on(name: str | None, data: Path, work_dir: Path, start: Path) -> Runner:
    """Train with negative labels, and rectified on a plane of labels or the labels themselves."""
    cfg = config(data, work_dir, start, 'mc_dropout_negative')
    cfg.model.objectives[0].plane = name
    cfg.model.objectives.append(dict(type='MemoryRegularization', weight=0.1))
    load = next(part for part in cfg.train_dataloader.dataset.source.pipeline if part.type == 'LoadPlanes')
    load.names = None  # all
    cfg.custom_hooks.append(dict(type='RecordLosses'))
    return train(cfg)


def test_the_second_label_can_be_trained_on(data, start, tmp_path):
    """More pixels have it, so that the loss differs."""
    losses = []
    for name in (None, 'mean_label'):
        train_on(name, data, tmp_path / str(name), start)
        losses.append(RecordLosses.seen['rectified.loss_main'])
    assert losses[1] > losses[0]


def test_a_training_step_never_waits_for_the_device(data, start, tmp_path):
    runner = train_on('mean_label', data, tmp_path, start)
    batch = runner.model.data_preprocessor(next(iter(runner.train_dataloader)), True)
    with HostReads() as reads:
        losses = runner.model(**batch, mode='loss')
        runner.model.parse_losses(losses)[0].backward()
    assert {'rectified.loss_aux', 'negative.loss_aux', 'memory.loss'} <= set(losses)
    assert reads.found == []


def test_a_store_without_the_plane_is_refused(data, start, tmp_path):
    cfg = config(data, tmp_path, start, 'mc_dropout_negative')
    cfg.custom_hooks[0].labeler = cfg.custom_hooks[0].labeler['positive']
    cfg.custom_hooks[0].predictor.temperature = None
    with pytest.raises(
        KeyError, match=r"no planes \['negative'\], it has .*'confidence', 'mean_label', 'std'.*label again"
    ):
        train(cfg)


def test_one_pass_and_a_rule_with_a_deviation_are_refused(data, start, tmp_path):
    cfg = config(data, tmp_path, start, 'mc_dropout_negative')
    cfg.custom_hooks[0].labeler = cfg.custom_hooks[0].labeler['positive']
    cfg.custom_hooks[0].predictor.update(passes=1, temperature=None)
    with pytest.raises(ValueError, match='one pass has no standard deviation: set passes of MCDropoutPredictor to 2'):
        train(cfg)


def test_a_model_without_dropout_is_refused(data, start, tmp_path):
    cfg = config(data, tmp_path, start, model__segmentor__decode_head__dropout_ratio=0.0)
    with pytest.raises(ValueError, match='decode_head.dropout_ratio above 0'):
        train(cfg)


def rounds(data: Path, work_dir: Path, start: Path, **options: Any) -> Config:
    """Two rounds of three iterations."""
    cfg = tiny_self_training_config(data, work_dir, 'mc_dropout_rounds', **options)
    cfg.load_from = str(start)
    cfg.train_cfg.labels.labeler.threshold = 0.4
    labels = cfg.train_cfg.labels
    labels.predictor = dict(type='MCDropoutPredictor', passes=2, scales=[(96, 64)])
    return cfg


def test_rounds_label_with_the_model_of_the_round_before(data, start, tmp_path):
    cfg = rounds(data, tmp_path, start, train_cfg__val_interval=2)
    evaluated = []
    runner = RUNNERS.build(cfg)
    runner.val_loop.run = lambda: evaluated.append(runner.iter) or dict(mIoU=0.0)
    runner.train()
    labels = [json.loads((tmp_path / f'round_{index}' / 'round.json').read_text()) for index in range(2)]
    assert labels[0]['weights'] != labels[1]['weights']
    assert evaluated == [2, 3, 5, 6]  # every two iterations of a round of three, and at its end


def test_unlabeled_images_move_the_statistics_in_rounds(data, start, tmp_path):
    cfg = rounds(data, tmp_path, start)
    images = dict(cfg.train_dataloader.dataset.target.dataset)
    crop = dict(type='HardSampleCrop', crop_size=CROP, min_distinct=None)
    cfg.train_dataloader.dataset.unlabeled = dict(
        images, pipeline=[dict(type='LoadImageStrict'), crop, dict(type='PackSegInputs')]
    )
    cfg.model.objectives.append(dict(type='BatchNormUpdate', view='target'))
    runner = train(cfg)
    passes = {name: value for name, value in runner.model.named_buffers() if name.endswith('num_batches_tracked')}
    assert passes and all(value == 2 * runner.iter for value in passes.values())  # of pool and target


def test_rounds_warm_up_and_decay_beyond_their_end(data, start, tmp_path):
    settings = dict(decay='poly', power=0.9, span=4.0, warmup=1 / 3, round_factor=1.0)
    cfg = rounds(data, tmp_path, start, train_cfg__learning_rate=settings)
    cfg.custom_hooks.append(dict(type='RecordRoundRates'))
    RecordRoundRates.seen.clear()
    train(cfg)
    base = cfg.optim_wrapper.optimizer.lr
    one = [0.1 * base, *(base * (1 - step / 12) ** 0.9 for step in (1, 2))]
    assert RecordRoundRates.seen == pytest.approx(one * 2)


@HOOKS.register_module()
class RecordRoundRates(Hook):
    """Remember the learning rate of every iteration."""

    seen: list[float] = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        self.seen.append(runner.optim_wrapper.param_groups[0]['lr'])


def test_rounds_killed_in_a_pass_and_resumed_have_the_same_labels(data, start, tmp_path):
    whole, killed = tmp_path / 'whole', tmp_path / 'killed'
    slow = dict(optim_wrapper__optimizer__lr=1e-6)  # so that the model stays unsure, and labels depend on the passes
    train(rounds(data, whole, start, **slow))
    passes = 2 * NUM_IMAGES + 2 * 1 + 2  # the second pass of the second image of round 1
    process = multiprocessing.get_context('fork').Process(
        target=train_and_kill, args=(rounds(data, killed, start, **slow), passes)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert not list((killed / 'round_1').rglob('round.json'))
    cfg = rounds(data, killed, start, resume=True, **slow)
    cfg.load_from = None
    train(cfg)
    for index in range(2):
        assert files(killed / f'round_{index}') == files(whole / f'round_{index}')
