"""Metrics that need no labels of the target, in a training and its choice of the best checkpoint."""

import json
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config
from mmengine.dataset import ConcatDataset
from mmengine.runner import Runner

from mmuda.datasets import GTADataset
from mmuda.engine.hooks.network_metric_hook import label_shares
from tests.helpers.tiny import make_data, opened_files, tiny_config, train


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def loader(dataset: dict) -> dict:
    return dict(batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False), dataset=dataset)


def validated(data: Path, work_dir: Path, name: str, *metrics: dict, **options: Any) -> Config:
    """A training that validates on the target's images without labels."""
    cfg = tiny_config(data, work_dir, name, **options)
    if name == 'dacs':  # ClassMix pairs images: the target has the size of the source's crops
        cfg.train_dataloader.dataset.target.pipeline[1].scale = (64, 48)
    images = dict(cfg.train_dataloader.dataset.get('target') or {}, pipeline=cfg.test_pipeline)
    if not images.get('type'):
        images = dict(
            type='CityscapesLabelIdsDataset',
            data_root=str(data / 'cityscapes'),
            data_prefix=dict(img_path='leftImg8bit/train'),
            pipeline=cfg.test_pipeline,
        )
    cfg.val_dataloader, cfg.val_cfg, cfg.val_evaluator = loader(images), dict(type='ValLoop'), list(metrics)
    cfg.train_cfg.val_interval = 1
    cfg.visualizer.name = cfg.experiment_name  # mmengine gives visualizers of one name the folder of the first
    return cfg


def validations(work_dir: Path) -> list[dict[str, float]]:
    lines = next(work_dir.glob('*/vis_data/scalars.json')).read_text().splitlines()
    return [json.loads(line) for line in lines if 'label_free' in line]


def test_a_training_keeps_the_best_checkpoint_by_scores_without_labels(data, tmp_path):
    scores = ['mutual_information', 'class_balance', 'view_iou', 'classifier_agreement', 'teacher_agreement']
    source = dict(type='GTADataset', data_root=str(data / 'gta'), indices=[4, 5])
    cfg = validated(data, tmp_path, 'dacs', dict(type='LabelFreeMetric', scores=scores), train_cfg__max_iters=3)
    source['pipeline'] = cfg.test_pipeline
    cfg.val_evaluator.append(dict(type='SourceIoUMetric', dataloader=loader(source)))
    key = 'label_free/class_balance'
    cfg.default_hooks.checkpoint.update(save_best=key, rule='greater')
    with opened_files() as opened:
        train(cfg)
    assert not [path for path in opened if 'gtFine' in path]
    found = validations(tmp_path)
    assert len(found) == 3 and {f'label_free/{name}' for name in [*scores, 'source_mIoU']} <= set(found[0])
    best = max(found, key=lambda entry: entry[key])
    assert [path.name for path in tmp_path.glob('best_*')] == [f'best_label_free_class_balance_iter_{best["step"]}.pth']


@pytest.mark.parametrize('name', ['mrnet', 'source_only'])
def test_what_a_method_does_not_have_is_said_before_training(data, tmp_path, name):
    cfg = validated(data, tmp_path, name, dict(type='LabelFreeMetric', scores=['teacher_iou']))
    with pytest.raises(ValueError, match='teacher_iou: the method has no teacher'):
        train(cfg)
    assert not list(tmp_path.glob('*.pth'))


def test_source_images_of_other_classes_are_refused(data, tmp_path):
    cfg = validated(data, tmp_path, 'source_only')
    source = dict(type='GTADataset', data_root=str(data / 'gta'), metainfo=dict(classes='synthia16'))
    cfg.val_evaluator = dict(type='SourceIoUMetric', dataloader=loader(dict(source, pipeline=cfg.test_pipeline)))
    with pytest.raises(ValueError, match='the head predicts 19 classes, the source images are of a data set of 16'):
        train(cfg)


def test_shares_are_those_of_all_labels(data):
    dataset = GTADataset(data_root=str(data / 'gta'), pipeline=[])
    shares = label_shares(dataset)
    assert len(shares) == 19 and sum(shares) == pytest.approx(1) and shares[0] == max(shares)
    assert label_shares(ConcatDataset([dataset, dataset])) == pytest.approx(shares)


@pytest.mark.parametrize('prefix', [None, dict(img_path='images')])
def test_shares_need_labels(data, prefix):
    source = None if prefix is None else GTADataset(data_root=str(data / 'gta'), data_prefix=prefix, pipeline=[])
    with pytest.raises(ValueError, match='give class_prior'):
        label_shares(source)


def test_testing_counts_no_shares_and_says_so(data, tmp_path):
    cfg = validated(data, tmp_path, 'source_only', dict(type='LabelFreeMetric', scores=['class_balance']))
    cfg.test_dataloader, cfg.test_evaluator, cfg.test_cfg = cfg.val_dataloader, cfg.val_evaluator, dict(type='TestLoop')
    with pytest.raises(ValueError, match='give class_prior'):
        Runner.from_cfg(cfg).test()


def test_one_source_is_validated_as_by_itself(data, tmp_path):
    cfg = validated(data, tmp_path, 'source_only', train_cfg__max_iters=1)
    source = loader(dict(type='GTADataset', data_root=str(data / 'gta'), pipeline=cfg.test_pipeline))
    cfg.val_evaluator = dict(type='SourceIoUMetric', dataloader=source)
    cfg.test_dataloader, cfg.test_evaluator, cfg.test_cfg = source, dict(type='UDAIoUMetric'), dict(type='TestLoop')
    runner = train(cfg)
    assert validations(tmp_path)[0]['label_free/source_mIoU'] == runner.test()['mIoU'] > 0
