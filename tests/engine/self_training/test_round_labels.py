"""Strategies that label: a third one needs no change of the loop, and each refuses what it does not know."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mmengine.runner import Runner
from mmseg.registry import RUNNERS, TASK_UTILS

from mmuda.datasets import PoolDataset
from mmuda.engine.self_training import RoundLabels
from mmuda.pseudo_labels import PseudoLabelStore
from tests.helpers.tiny import Killed, add_hook, load, make_data, tiny_self_training_config, train


@TASK_UTILS.register_module()
class ConstantLabels(RoundLabels):
    """Every pixel has the class ``first + index of the round``, without any network."""

    remedy = 'Choose another class'

    def __init__(self, runner: Runner, pool: PoolDataset, rule: str, first: int) -> None:
        super().__init__(runner, pool, rule)
        self.first = first
        self.ended: list[str] = []

    def store(self, folder: Path) -> PseudoLabelStore:
        return PseudoLabelStore(folder / 'constant')

    def make(self, index: int, folder: Path, made_before: dict | None) -> dict:
        store, target = self.store(folder), self.pool.target
        label = np.full((64, 96), self.first + index, np.uint8)
        store.open(dict(first=self.first), False)
        for image in range(len(target)):
            planes = dict(label=label, confidence=np.ones((64, 96), np.float32))
            store.write(target.relative_path(image), planes)
        store.write_summary(dict(mined_classes=dict(mine_ids=[self.first + index], priority_ids=[])))
        store.finish()
        target.store = str(store.root)
        return dict(constant=index)

    def reuse(self, index: int, folder: Path, made_by: dict) -> None:
        assert made_by == dict(constant=index)
        self.pool.target.store = str(self.store(folder).root)

    def end_round(self, folder: Path) -> None:
        self.ended.append(folder.name)


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def config(data: Path, work_dir: Path, **labels: Any):
    cfg = tiny_self_training_config(data, work_dir, train_cfg__iterations=2)
    cfg.train_cfg.labels = dict(dict(type='ConstantLabels', first=4), **labels)
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator'):
        cfg.pop(key)
    return cfg


def test_a_third_strategy_needs_no_change_of_the_loop(data, tmp_path):
    runner = train(config(data, tmp_path))
    assert runner.iter == 4 and runner.train_loop.labels.ended == ['round_0', 'round_1']
    rounds = [json.loads((tmp_path / f'round_{index}' / 'round.json').read_text()) for index in range(2)]
    assert [found['weights'] for found in rounds] == [dict(constant=0), dict(constant=1)]
    assert [found['mined_classes']['mine_ids'] for found in rounds] == [[4], [5]]
    assert [found['target_portion'] for found in rounds] == [None, None]
    sample = runner.train_loop.pool.target[0]
    assert set(sample['data_samples'].gt_sem_seg.data.unique().tolist()) <= {5, 255}


def test_a_third_strategy_is_resumed(data, tmp_path):
    cfg = config(data, tmp_path / 'run')
    cfg.default_hooks.checkpoint.interval = 1
    with pytest.raises(Killed):
        train(add_hook(cfg, type='KillAt', iteration=3))
    cfg = config(data, tmp_path / 'run')
    cfg.resume = True
    assert train(cfg).iter == 4
    train(config(data, tmp_path / 'whole'))
    for key in ('train_loop', 'samples_drawn'):
        assert load(tmp_path / 'run' / 'round_1.pth')[key] == load(tmp_path / 'whole' / 'round_1.pth')[key]


MODEL = dict(
    type='ModelLabels',
    predictor=dict(type='LogitMapPredictor', scale=(96, 64)),
    labeler=dict(type='ClassBalancedLabeler'),
    portion=dict(start=0.2),
)


def refusal(data: Path, work_dir: Path, labels: dict, message: str) -> None:
    cfg = config(data, work_dir)
    cfg.train_cfg.labels = labels
    runner = RUNNERS.build(cfg)
    with pytest.raises(ValueError, match=message):
        runner.build_train_loop(runner._train_loop)


@pytest.mark.parametrize(
    'labels, message',
    [
        (dict(MODEL, teachers=[]), "train_cfg.labels: ModelLabels .*'teachers': its settings are predictor, labeler, "),
        (dict(MODEL, store='labels'), "train_cfg.labels: ModelLabels .*'store'"),
        (dict(MODEL, class_certainties='x'), "train_cfg.labels: ModelLabels .*'class_certainties'"),
        (dict(type='ModelLabels', labeler=MODEL['labeler']), "ModelLabels missing .*'predictor': its settings are"),
        (dict(type='TeacherLabels', labeler=MODEL['labeler']), "TeacherLabels missing .*'teachers'"),
        (dict(type='ConstantLabels', first=1, last=2), "train_cfg.labels: ConstantLabels .*'last': its settings are"),
        (dict(type='OtherLabels'), "train_cfg.labels.type = 'OtherLabels': expected a strategy that labels"),
        (dict(first=1), 'train_cfg.labels.type = None: expected a strategy'),
        (
            dict(MODEL, labeler=dict(type='ConfidenceLabeler')),
            'train_cfg.labels.portion: ConfidenceLabeler takes no portion .*remove it',
        ),
        (
            dict(MODEL, labeler=dict(type='ClassBalancedLabeler', portion=0.5)),
            'portion is set twice, by labeler.portion and portion: remove one',
        ),
    ],
)
def test_settings_that_a_strategy_does_not_know_are_named(data, tmp_path, labels, message):
    refusal(data, tmp_path, labels, message)


def test_settings_of_before_are_named(data, tmp_path):
    cfg = config(data, tmp_path)
    cfg.train_cfg.target_portion = dict(start=0.2)
    runner = RUNNERS.build(cfg)
    with pytest.raises(TypeError, match='target_portion'):
        runner.build_train_loop(runner._train_loop)


def test_source_without_its_portion_is_refused(data, tmp_path):
    cfg = config(data, tmp_path)
    del cfg.train_cfg['source']
    runner = RUNNERS.build(cfg)
    with pytest.raises(ValueError, match=r'train_cfg needs source.portion, .*source=dict\(portion=dict\(start=1.0\)\)'):
        runner.build_train_loop(runner._train_loop)
