"""What the rounds of self-training do, and which settings they refuse."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS, RUNNERS, TASK_UTILS
from PIL import Image

from mmuda.engine.self_training import SelfTrainingLoop, round_files
from mmuda.pseudo_labels import ClassBalancedLabeler, LabelPlanes
from tests.helpers.tiny import (
    Killed,
    add_hook,
    hook_of,
    load,
    make_data,
    tiny_config,
    tiny_self_training_config,
    train,
)
from tests.helpers.two_ranks import run_on_two_ranks

pytestmark = pytest.mark.integration

NUM_SOURCE, NUM_TARGET = 6, 4


def told(dataset: Any) -> dict[str, tuple[int, ...]]:
    """The classes that a sample tells the crops of a data set's pipeline."""
    return dataset.pipeline.transforms[0]({})


@HOOKS.register_module()
class RecordRounds(Hook):
    """Remember what every iteration trains with."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        optimizer = runner.optim_wrapper.optimizer
        pool = runner.train_dataloader.dataset
        self.seen.append(
            dict(
                fresh=not optimizer.state,
                lr=optimizer.param_groups[0]['lr'],
                sources=set(pool.source.indices.tolist()),
                mined=told(pool.target),
                store=pool.target.store,
                source_mined=told(pool.source.dataset),
            )
        )


@HOOKS.register_module()
class StopAt(Hook):
    """Ask for the end of training after some iteration."""

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration
        self.ended = False

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        runner.train_loop.stop_training = runner.iter + 1 == self.iteration

    def after_train(self, runner: Runner) -> None:
        self.ended = True


@TASK_UTILS.register_module()
class SparseLabeler(ClassBalancedLabeler):
    """Labels no pixel of all images but the last ``labeled`` ones."""

    def __init__(self, labeled: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.blank = NUM_TARGET - labeled

    def __call__(self, probabilities: torch.Tensor) -> LabelPlanes:
        planes = super().__call__(probabilities)
        if self.blank > 0:
            self.blank -= 1
            planes.label.fill_(255)
        return planes


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def short(data: Path, work_dir: Path, **options: Any) -> Config:
    """One round of one iteration, not evaluated."""
    options = {'train_cfg__num_rounds': 1, 'train_cfg__iterations': 1, **options}
    cfg = tiny_self_training_config(data, work_dir, **options)
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator'):
        cfg.pop(key)
    return cfg


def loop(cfg: Config) -> SelfTrainingLoop:
    """The loop of a run that is not started."""
    runner = RUNNERS.build(cfg)
    return runner.build_train_loop(runner._train_loop)


def summary(work_dir: Path, index: int = 0) -> dict[str, Any]:
    return json.loads((work_dir / f'round_{index}' / 'round.json').read_text())


def labels(work_dir: Path, index: int = 0) -> dict[str, np.ndarray]:
    folder = work_dir / f'round_{index}' / 'pseudo_labels'
    return {
        str(path.relative_to(folder)): np.array(Image.open(path))
        for path in sorted(folder.rglob('*.png'))
        if 'confidence' not in path.parts
    }


@pytest.fixture(scope='module')
def runner(data, tmp_path_factory) -> Runner:
    """One run of two rounds."""
    cfg = tiny_self_training_config(
        data,
        tmp_path_factory.mktemp('run'),
        train_cfg__source__portion__start=0.5,
        train_cfg__source__portion__step=0.5,
        train_cfg__source__mine=False,
    )
    return train(add_hook(cfg, type='RecordRounds'))


@pytest.fixture(scope='module')
def work_dir(runner) -> Path:
    return Path(runner.work_dir)


def test_labels_can_be_looked_at_and_pictures_are_not_counted_as_labels(data, tmp_path):
    train(short(data, tmp_path, train_cfg__labels__pictures=True))
    found = labels(tmp_path)
    plain = [name for name in found if not name.endswith(('_color.png', '_heatmap.png'))]
    assert len(plain) == NUM_TARGET and len(found) == 3 * NUM_TARGET
    assert sum(summary(tmp_path)['labels']['labeled_pixels']) == sum((found[name] != 255).sum() for name in plain)


@pytest.fixture(scope='module')
def seen(runner) -> list[dict[str, Any]]:
    return hook_of(runner, 'RecordRounds').seen


def test_optimizer_is_fresh_in_every_round(seen):
    assert [entry['fresh'] for entry in seen] == [True, False, False] * 2


def test_learning_rate_falls_from_round_to_round(seen):
    assert [entry['lr'] for entry in seen] == pytest.approx([0.01] * 3 + [0.01 / 2**0.5] * 3)


def test_summary_has_the_learning_rate_and_the_names_of_the_classes(work_dir, seen):
    for index in range(2):
        found = summary(work_dir, index)
        assert found['learning_rate'] == pytest.approx(seen[3 * index]['lr'])
        assert (found['classes'][0], found['classes'][18]) == ('road', 'bicycle')
        assert len(found['classes']) == len(found['labels']['thresholds'])


def test_source_images_accumulate(seen):
    first, second = seen[0]['sources'], seen[3]['sources']
    assert (len(first), len(second)) == (NUM_SOURCE / 2, NUM_SOURCE) and first < second


def test_smallest_classes_are_mined_in_target_crops_alone(seen, work_dir):
    for index, entry in enumerate((seen[0], seen[3])):
        mined = summary(work_dir, index)['mined_classes']
        assert {key: list(ids) for key, ids in entry['mined'].items()} == mined
        assert len(mined['mine_ids']) == 3
        assert not entry['source_mined']


def test_every_round_trains_on_its_own_labels(seen, work_dir):
    assert [Path(entry['store']) for entry in seen] == (
        [work_dir / 'round_0/pseudo_labels'] * 3 + [work_dir / 'round_1/pseudo_labels'] * 3
    )


def test_rounds_have_other_labels(work_dir):
    first, second = labels(work_dir, 0), labels(work_dir, 1)
    assert len(first) == len(second) == NUM_TARGET
    assert any((first[name] != second[name]).any() for name in first)


def test_summary_says_what_the_round_was(work_dir):
    found = summary(work_dir, 1)
    plan = dict(index=1, begin=3, end=6, target_portion=0.25, num_source=NUM_SOURCE, source_seed=0)
    assert {key: found[key] for key in plan} == plan
    assert found['labels']['portion'] == 0.25 and len(found['labels']['thresholds']) == 19
    assert set(found['evaluation']) == {'aAcc', 'mIoU', 'mAcc'}


def test_classes_that_are_never_predicted_have_threshold_one(work_dir):
    found = summary(work_dir)['labels']
    never = [index for index, number in enumerate(found['class_pixels']) if number == 0]
    assert never and all(found['thresholds_used'][index] == 1 for index in never)


def test_checkpoint_knows_the_rounds(work_dir):
    state = load(work_dir / 'round_1.pth')['train_loop']
    want = [summary(work_dir, 0), summary(work_dir, 1)]
    del want[1]['evaluation']  # comes after the checkpoint
    assert state == dict(summaries=want, round_samples=6)


def test_maps_are_deleted(work_dir):
    assert not list(work_dir.rglob('*.npz'))


def test_length_in_epochs_follows_the_pool(data, tmp_path):
    rounds = loop(
        short(
            data,
            tmp_path,
            train_cfg__num_rounds=2,
            train_cfg__epochs=2,
            train_cfg__iterations=None,
            train_cfg__source__portion=dict(start=0.5, step=0.5),
        )
    ).rounds
    assert [(plan.begin, plan.end) for plan in rounds] == [(0, 8), (8, 18)]  # 3 or 6, and 4 images, in pairs, twice


def test_a_round_does_not_know_how_many_follow(data, tmp_path):
    def plan(num_rounds: int) -> list:
        return loop(short(data, tmp_path, train_cfg__num_rounds=num_rounds, train_cfg__rule='cbst')).rounds

    assert plan(12)[:6] == plan(6) and plan(6)[:5] == plan(5)


def test_workers_change_nothing(data, tmp_path):
    images = []
    for workers in (0, 1):
        cfg = short(
            data,
            tmp_path / str(workers),
            train_cfg__num_rounds=2,
            train_cfg__iterations=2,
            train_dataloader__num_workers=workers,
            train_dataloader__persistent_workers=workers > 0,
        )
        train(add_hook(cfg, type='RecordImages'))
        images.append((tmp_path / str(workers) / 'images.txt').read_text())
    assert images[0] == images[1]


def test_labeler_without_passes(data, tmp_path):
    cfg = short(
        data,
        tmp_path,
        train_cfg__labels__predictor=dict(_delete_=True, type='MultiViewPredictor'),
        train_cfg__labels__labeler=dict(_delete_=True, type='ConfidenceLabeler', threshold=0.01),
        train_cfg__labels__portion=None,
    )
    runner = train(add_hook(cfg, type='RecordRounds'))
    assert hook_of(runner, 'RecordRounds').seen[0]['mined'] == {}
    assert summary(tmp_path)['target_portion'] is None
    labeled = sum(int((label != 255).sum()) for label in labels(tmp_path).values())
    assert list(summary(tmp_path)['labels']) == ['labeled_pixels']
    assert sum(summary(tmp_path)['labels']['labeled_pixels']) == labeled
    assert len(labels(tmp_path)) == NUM_TARGET


def test_log_file_names_what_is_done_before_training(data, tmp_path):
    cfg = short(data, tmp_path, log_level='INFO')
    train(add_hook(cfg, type='AdaptiveBatchNormHook', scale=(96, 64)))
    log = next(tmp_path.rglob('*.log')).read_text()
    for name in (
        'BatchNorm statistics of the target images',
        'Thresholds, pass 1 of 2',
        'Thresholds, pass 2 of 2',
        'Pseudo labels',
        'Count of labeled pixels',
    ):
        assert f'{name}: {NUM_TARGET} in 0:00:' in log, name


def test_images_without_any_label_do_not_stop_training(data, tmp_path):
    cfg = short(
        data,
        tmp_path,
        train_cfg__iterations=4,
        default_hooks__loss_check__interval=1,
        train_cfg__labels__labeler=dict(type='SparseLabeler', labeled=1),
    )
    runner = train(cfg)
    assert runner.iter == 4
    assert sum((label == 255).all() for label in labels(tmp_path).values()) == NUM_TARGET - 1
    assert all(value.isfinite().all() for value in runner.model.state_dict().values())


def test_no_labels_at_all_are_an_error(data, tmp_path):
    cfg = short(data, tmp_path, train_cfg__labels__labeler=dict(type='SparseLabeler', labeled=0))
    with pytest.raises(ValueError, match=r'round 0: no pixel .*summary\.json\. Raise train_cfg\.labels\.portion'):
        train(cfg)


@pytest.mark.parametrize('iteration, left', [(2, []), (3, ['round_0.pth'])], ids=['in a round', 'at its end'])
def test_stop_in_between(data, tmp_path, iteration, left):
    cfg = add_hook(
        short(data, tmp_path, train_cfg__num_rounds=2, train_cfg__iterations=3), type='StopAt', iteration=iteration
    )
    runner = train(cfg)
    assert runner.iter == iteration and hook_of(runner, 'StopAt').ended
    assert [path.name for path in tmp_path.glob('round_*.pth')] == left
    assert not (tmp_path / 'round_1').exists()


class TestKeptMaps:
    def test_maps_are_there_while_the_round_trains(self, data, tmp_path):
        cfg = add_hook(
            short(data, tmp_path, train_cfg__labels__keep_cached_logits=True, train_cfg__iterations=2),
            type='KillAt',
            iteration=1,
        )
        with pytest.raises(Killed):
            train(cfg)
        assert len(list(tmp_path.rglob('*.npz'))) == NUM_TARGET

    def test_maps_are_deleted_after_the_round(self, data, tmp_path):
        train(short(data, tmp_path, train_cfg__labels__keep_cached_logits=True))
        assert not list(tmp_path.rglob('*.npz'))

    def test_missing_maps_are_noticed_when_resuming(self, data, tmp_path):
        options = dict(
            train_cfg__labels__keep_cached_logits=True, train_cfg__iterations=2, default_hooks__checkpoint__interval=1
        )
        with pytest.raises(Killed):
            train(add_hook(short(data, tmp_path, **options), type='KillAt', iteration=1))
        next(tmp_path.rglob('*.npz')).unlink()
        with pytest.raises(FileNotFoundError, match=r'cannot resume: the pseudo labels .* are not \(all\) in'):
            train(short(data, tmp_path, resume=True, **options))


class TestSpatialPrior:
    def test_prior_is_made_and_used(self, data, tmp_path):
        train(short(data, tmp_path, train_cfg__labels__spatial_prior=dict(sigma=2.0, kernel=5)))
        prior = np.load(tmp_path / 'spatial_prior.npy')
        assert prior.shape == (19, 64, 96)
        assert summary(tmp_path)['labels']['prior'] == str(tmp_path / 'spatial_prior.npy')
        assert max(summary(tmp_path)['labels']['thresholds']) < prior.max()  # those of products

    def test_prior_in_another_place_is_reused(self, data, tmp_path, monkeypatch):
        options = dict(
            train_cfg__labels__spatial_prior=dict(shape=(64, 96), sigma=2.0, kernel=5, path=str(tmp_path / 'p.npy'))
        )
        train(short(data, tmp_path / 'a', **options))
        made = (tmp_path / 'p.npy').stat().st_mtime_ns
        train(short(data, tmp_path / 'b', **options))
        assert (tmp_path / 'p.npy').stat().st_mtime_ns == made
        assert not (tmp_path / 'b' / 'spatial_prior.npy').exists()

    def test_labels_of_another_prior_are_refused(self, data, tmp_path):
        np.save(tmp_path / 'prior.npy', np.ones((19, 64, 96), np.float32))
        options = dict(train_cfg__labels__labeler__prior=str(tmp_path / 'prior.npy'))
        train(short(data, tmp_path, **options))
        np.save(tmp_path / 'prior.npy', np.full((19, 64, 96), 2, np.float32))
        with pytest.raises(ValueError, match='holds other pseudo labels: labeler.prior is'):
            train(short(data, tmp_path, **options))

    def test_another_shape_is_refused_before_it_is_made(self, data, tmp_path):
        with pytest.raises(ValueError, match=r'spatial_prior\.shape = \(32, 48\), .*\(height, width\) = \(64, 96\)'):
            train(short(data, tmp_path, train_cfg__labels__spatial_prior=dict(shape=(32, 48))))
        assert not (tmp_path / 'spatial_prior.npy').exists()

    def test_given_prior_of_another_shape_is_refused(self, data, tmp_path):
        np.save(tmp_path / 'prior.npy', np.ones((19, 32, 48), np.float32))
        with pytest.raises(ValueError, match=r'prior\.npy has \(H, W\) = \(32, 48\), expected \(64, 96\)'):
            train(short(data, tmp_path, train_cfg__labels__labeler__prior=str(tmp_path / 'prior.npy')))

    @pytest.mark.parametrize(
        'labeler, message',
        [
            (
                dict(type='ClassBalancedLabeler', prior='prior.npy'),
                'prior is set twice, by labeler.prior and spatial_prior',
            ),
            (
                dict(_delete_=True, type='ConfidenceLabeler'),
                'train_cfg.labels.spatial_prior: ConfidenceLabeler takes no prior',
            ),
            (dict(type='EntropyRegularizedLabeler'), 'LRENT is defined .*without prior'),
        ],
        ids=['two', 'without passes', 'LRENT'],
    )
    def test_labelers_that_take_none_are_refused(self, data, tmp_path, labeler, message):
        with pytest.raises(ValueError, match=message):
            loop(short(data, tmp_path, train_cfg__labels__spatial_prior=dict(), train_cfg__labels__labeler=labeler))


@pytest.mark.parametrize(
    'options, error, message',
    [
        (dict(num_rounds=0), ValueError, 'train_cfg.num_rounds must be a positive integer, got 0'),
        (dict(iterations=0), ValueError, 'train_cfg.iterations must be a positive integer, got 0'),
        (dict(iterations=None, epochs=0.5), ValueError, 'train_cfg.epochs must be a positive integer, got 0.5'),
        (dict(epochs=1), ValueError, 'give either `epochs` or `iterations`'),
        (dict(iterations=None), ValueError, 'give either `epochs` or `iterations`'),
        (dict(labels=dict(portion=dict(start=0.0))), ValueError, r'train_cfg.labels.portion: .*start = 0.0'),
        (dict(labels=dict(portion=dict(maximum=1.5))), ValueError, r'train_cfg.labels.portion: .*maximum = 1.5'),
        (dict(labels=dict(portion=dict(begin=0.2))), ValueError, "train_cfg.labels.portion: .*'begin'"),
        (dict(source=dict(portion=dict(start=-0.1))), ValueError, r'train_cfg.source.portion: .*start = -0.1'),
        (
            dict(source=dict(portion=dict(start=0.1))),
            ValueError,
            'train_cfg.source.portion: 0.1 of 6 source images are none',
        ),
        (dict(rule='clean'), ValueError, "unknown rule 'clean' of the rounds: expected one of .*'paper'"),
        (dict(source=dict(policy='all')), ValueError, "train_cfg.source: unknown policy 'all'"),
        (dict(source=dict(mined=True)), ValueError, "train_cfg.source: .*'mined'"),
        (dict(labels=dict(labeler=dict(policy='image'))), ValueError, "policy = 'image'"),
        (dict(labels=dict(predictor=dict(scale=0))), ValueError, 'scale = 0'),
    ],
)
def test_settings_out_of_range_are_refused_at_the_start(data, tmp_path, options, error, message):
    cfg = short(data, tmp_path)
    cfg.merge_from_dict(dict(train_cfg=options))
    with pytest.raises(error, match=message):
        loop(cfg)


def test_param_scheduler_is_refused(data, tmp_path):
    with pytest.raises(ValueError, match='sets the learning rate of each round: remove param_scheduler'):
        train(short(data, tmp_path, param_scheduler=dict(type='ConstantLR', by_epoch=False)))


def test_data_without_a_pool_are_refused(data, tmp_path):
    cfg = short(data, tmp_path)
    cfg.train_dataloader = tiny_config(data, tmp_path, 'source_only').train_dataloader
    with pytest.raises(TypeError, match='needs a PoolDataset with a PoolSampler, got UDADataset with UDASampler'):
        loop(cfg)


def test_empty_target_list_is_refused(data, tmp_path):
    (tmp_path / 'list.txt').touch()
    cfg = short(data, tmp_path, train_dataloader__dataset__target__dataset__ann_file=str(tmp_path / 'list.txt'))
    with pytest.raises(FileNotFoundError, match=r'image list .*list\.txt.* is empty'):
        loop(cfg)


def test_full_disk_while_writing_the_summary(data, tmp_path, monkeypatch):
    def fill(path: Path, write: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(round_files, 'replace_file', fill)
    with pytest.raises(OSError, match=r'cannot write .*round\.json \(No space left .*continue with --resume'):
        train(short(data, tmp_path))


def train_on_rank(rank: int, data: str, work_dir: str) -> dict[str, torch.Tensor]:
    """Train, and resume at the end: then the ranks agree that the evaluation is there."""
    os.environ['LOCAL_RANK'] = str(rank)
    for resume in (False, True):
        cfg = tiny_self_training_config(
            Path(data), Path(work_dir), launcher='pytorch', resume=resume, train_cfg__iterations=1
        )
        runner = train(cfg)
    return {name: weight.detach() for name, weight in runner.model.module.named_parameters()}


def test_two_ranks_label_as_one_and_agree(data, tmp_path):
    first, second = run_on_two_ranks(train_on_rank, str(data), str(tmp_path / 'two'))
    assert all(torch.equal(first[name], second[name]) for name in first)
    train(short(data, tmp_path / 'one'))
    folders = [tmp_path / name / 'round_0' / 'pseudo_labels' for name in ('one', 'two')]
    files = [{str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*.*')} for folder in folders]
    assert files[0] == files[1]  # labels, thresholds, class sizes
    assert summary(tmp_path / 'two', 1)['evaluation']


def test_model_that_is_no_numbers_does_not_label(data, work_dir, tmp_path):
    checkpoint = load(work_dir / 'round_1.pth')
    checkpoint['state_dict']['student.backbone.conv1.weight'][0] = float('nan')
    torch.save(checkpoint, tmp_path / 'ruined.pth')
    with pytest.raises(FloatingPointError, match=r'started from .*ruined.pth\) cannot label: backbone.conv1.weight'):
        train(short(data, tmp_path / 'run', load_from=str(tmp_path / 'ruined.pth')))
