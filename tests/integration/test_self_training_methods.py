"""Each method of self-training runs its rounds, and its parts are at work."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.toy_data import write_toy_data
from tests.helpers.tiny import REPO, add_hook, hook_of, make_data, tiny_self_training_config, train

METHODS = ('st', 'cbst', 'cbst_sp', 'crst_mrkld', 'crst_lrent')


@HOOKS.register_module()
class KeepSamples(Hook):
    """Keep the samples that a run was trained on."""

    def __init__(self) -> None:
        self.samples = []

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        self.samples += data_batch['data_samples']['pool']


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def runs(data, tmp_path_factory) -> dict[str, Runner]:
    """Two rounds of two iterations of every method."""
    return {name: train(small_run(data, tmp_path_factory.mktemp(name), name)) for name in METHODS}


def small_run(data: Path, work_dir: Path, name: str) -> Config:
    cfg = tiny_self_training_config(data, work_dir, name, train_cfg__iterations=2)
    for part in ('source', 'target'):
        cfg.train_dataloader.dataset[part].pipeline[2].scales = (1.0,)
    return add_hook(add_hook(cfg, type='AdaptiveBatchNormHook', scale=(96, 64)), type='KeepSamples')


def summaries(runner: Runner) -> list[dict]:
    return [json.loads(Path(runner.work_dir, f'round_{index}', 'round.json').read_text()) for index in range(2)]


def samples_of(runner: Runner) -> list:
    return hook_of(runner, 'KeepSamples').samples


def mined_ids(runner: Runner) -> tuple[int, ...]:
    """Classes that the target's crops look for: what the first transform says."""
    return runner.train_loop.pool.target.pipeline.transforms[0]({})['mine_ids']


@pytest.mark.parametrize('name', METHODS)
def test_both_rounds_train_and_are_evaluated(runs, name):
    assert runs[name].iter == 4
    assert all('mIoU' in summary['evaluation'] for summary in summaries(runs[name]))


@pytest.mark.parametrize('name', METHODS)
def test_weights_are_finite(runs, name):
    assert all(value.isfinite().all() for value in runs[name].model.state_dict().values())


def test_statistics_are_those_of_the_target_at_the_end(runs):
    """Of its 4 images in batches of 2, not of the batches of training."""
    assert runs['cbst'].model.student.backbone.bn1.num_batches_tracked == 2


def test_st_has_one_threshold_and_mines_nothing(runs):
    for summary in summaries(runs['st']):
        assert len(set(summary['labels']['thresholds'])) == 1
        assert summary['mined_classes'] == dict(mine_ids=[], priority_ids=[])
    assert mined_ids(runs['st']) == ()


def test_cbst_has_thresholds_of_classes_and_mines_rare_ones(runs):
    assert len(set(summaries(runs['cbst'])[0]['labels']['thresholds'])) > 1
    assert len(mined_ids(runs['cbst'])) == 3


def test_spatial_prior_is_that_of_the_source_labels(runs):
    prior = np.load(Path(runs['cbst_sp'].work_dir, 'spatial_prior.npy'))
    assert prior.shape == (19, 64, 96)
    assert summaries(runs['cbst_sp'])[0]['labels']['prior']


def test_prior_changes_the_labels_of_the_first_round(runs):
    first = {name: summaries(runs[name])[0]['labels']['labeled_pixels'] for name in ('cbst', 'cbst_sp')}
    assert first['cbst'] != first['cbst_sp']


def test_lrent_trains_on_soft_labels_where_the_hard_ones_are(runs):
    targets = [sample for sample in samples_of(runs['crst_lrent']) if sample.domain == 'target']
    assert targets
    for sample in targets:
        hard, soft = sample.gt_sem_seg.data[0], sample.gt_soft_seg.data
        kept = soft.sum(0) > 0
        torch.testing.assert_close(soft.sum(0)[kept], torch.ones(int(kept.sum())))
        # at scale 1 both are made of the same probabilities, but for rounding at the limit
        agree = (kept == (hard != 255)) & (~kept | (soft.argmax(0) == hard))
        assert agree.float().mean() > 0.99


def test_lrent_has_labels_to_learn_from(runs):
    assert any(
        (sample.gt_soft_seg.data > 0).any() for sample in samples_of(runs['crst_lrent']) if sample.domain == 'target'
    )


def test_samples_of_the_source_have_hard_labels_alone(runs):
    sources = [sample for sample in samples_of(runs['crst_lrent']) if sample.domain == 'source']
    assert sources and not any('gt_soft_seg' in sample for sample in sources)


def test_settings_of_cbst_at_full_size_run(tmp_path):
    """Square crops, the loss at the cells, 16 classes: on a narrow ResNet-38 and toy images."""
    data = write_toy_data(tmp_path / 'toy', num_train=4, num_val=2, size=(96, 64), domains=('synthia', 'cityscapes'))
    cfg = Config.fromfile(REPO / 'configs' / 'cbst' / 'synthia2cs.py')
    cfg.merge_from_dict(
        {
            'work_dir': str(tmp_path / 'run'),
            'experiment_name': tmp_path.name,
            'log_level': 'WARNING',
            'custom_hooks': [],
            'train_cfg': dict(
                num_rounds=2,
                epochs=1,
                source=dict(portion=dict(start=0.5, maximum=1.0)),
                labels=dict(predictor=dict(long_side=90)),
            ),
            'model.segmentor': dict(backbone=dict(base_channels=4), decode_head=dict(in_channels=256, channels=8)),
        }
    )
    del cfg.default_hooks['visualization']
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.update(num_workers=0, persistent_workers=False)
    for dataset in (
        cfg.train_dataloader.dataset.source,
        cfg.train_dataloader.dataset.target.dataset,
        cfg.val_dataloader.dataset,
        cfg.test_dataloader.dataset,
    ):
        dataset.data_root = dataset.data_root.replace('data', str(data), 1)
    for part in ('source', 'target'):
        cfg.train_dataloader.dataset[part].pipeline[2].update(crop_size=48, nominal_size=96)
    runner = train(cfg)
    assert runner.iter == 6  # two epochs of 2 source and 4 target images in batches of 2
    assert {'mIoU16', 'mIoU13'} <= set(summaries(runner)[1]['evaluation'])
    assert all(len(summary['labels']['labeled_pixels']) == 16 for summary in summaries(runner))
