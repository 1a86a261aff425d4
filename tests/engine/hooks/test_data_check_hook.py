"""Data that the method cannot use are refused before training."""

import shutil

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from tests.helpers.tiny import REPO, RecordImages, add_hook, make_data, shrink_data, tiny_config, train

pytestmark = pytest.mark.integration


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp('data'))


def test_source_only_loads_the_source_alone_and_the_same_samples(data, tmp_path):
    with_target = tiny_config(data, tmp_path / 'pair').train_dataloader.dataset.target
    for name, target in (('alone', None), ('pair', with_target)):
        cfg = tiny_config(data, tmp_path / name, 'source_only', train_cfg__max_iters=3)
        cfg.train_dataloader.dataset.target = target
        train(add_hook(cfg, type=RecordImages.__name__))
    alone, pair = ((tmp_path / name / 'images.txt').read_text().splitlines() for name in ('alone', 'pair'))
    assert 'target' not in ''.join(alone) and 'target' in pair[0]
    assert alone == [' '.join(entry for entry in line.split(' ') if 'target:' not in entry) for line in pair]


@pytest.mark.parametrize('name, objective', [('mrnet', 'adversarial'), ('dacs', 'classmix')])
def test_objective_that_reads_a_missing_target_is_named(data, tmp_path, name, objective):
    cfg = tiny_config(data, tmp_path, name, train_dataloader__dataset__target=None)
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type == 'DiscriminatorHook']
    for late in cfg.model.objectives[1:]:
        late.begin = 1  # it would not be asked for in the first iteration
    with pytest.raises(
        ValueError,
        match=rf"objective '{objective}' reads the views \['target'\], the training data "
        r"give \['source'\]. Give the UDADataset a target",
    ):
        train(cfg)
    assert not (tmp_path / 'iter_1.pth').exists()


def test_view_with_a_typing_mistake_is_named(data, tmp_path):
    cfg = tiny_config(data, tmp_path)
    cfg.model.objectives[-1].update(view='tagret')
    with pytest.raises(ValueError, match=r"reads the views \['tagret'\], .* give \['source', 'target'\]. Correct"):
        train(cfg)


def test_view_that_another_objective_makes_may_be_read(data, tmp_path):
    cfg = tiny_config(data, tmp_path, 'mrnet_classmix')
    cfg.train_dataloader.dataset.target.pipeline[1].scale = (64, 48)
    cfg.model.objectives.append(dict(type='MemoryRegularization', name='mixed', view='mixed'))
    train(cfg)


def test_statistics_of_a_view_that_is_not_there_are_refused(data, tmp_path):
    cfg = tiny_config(data, tmp_path, 'source_only', model__statistics_views=('target',))
    with pytest.raises(ValueError, match=r"statistics_views = \('target',\), .* would never move"):
        train(cfg)


def test_adaptive_batch_norm_without_a_target_says_so(data, tmp_path):
    cfg = add_hook(tiny_config(data, tmp_path, 'source_only'), type='AdaptiveBatchNormHook', scale=(96, 64))
    with pytest.raises(ValueError, match=r'AdaptiveBatchNormHook: the training data have no target \(train_dataload'):
        train(cfg)


@pytest.fixture
def with_validation(data, tmp_path):
    """A config that validates at the end of training."""
    cfg = tiny_config(data, tmp_path, 'source_only')
    whole = Config.fromfile(REPO / 'configs/toy/source_only.py')
    shrink_data(whole, data)
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator'):
        cfg[key] = whole[key]
    return cfg


def refused_before_training(cfg, error, match: str) -> None:
    with pytest.raises(error, match=match):
        train(add_hook(cfg, type='KillAt', iteration=1))


def test_validation_image_without_label_is_named_before_training(with_validation):
    del with_validation.val_dataloader.dataset.data_prefix['seg_map_path']
    refused_before_training(with_validation, ValueError, 'image .*png has no label.*val_dataloader = val_cfg = val_ev')


def test_damaged_validation_label_is_named_before_training(data, tmp_path, with_validation):
    copy = tmp_path / 'copy'
    shutil.copytree(data / 'cityscapes', copy)
    first = min((copy / 'gtFine/val').rglob('*_labelIds.png'))
    first.write_bytes(b'no picture')
    with_validation.val_dataloader.dataset.data_root = str(copy)
    with_validation.default_hooks.data_summary.num_labels = 0
    refused_before_training(with_validation, OSError, f'cannot read label file {first}')


def test_validation_label_of_the_resized_image_is_refused_before_training(with_validation):
    pipeline = with_validation.val_dataloader.dataset.pipeline
    pipeline[1], pipeline[2] = dict(type='LoadLabelIds'), dict(type='Resize', scale=(48, 32))
    refused_before_training(with_validation, ValueError, 'its label has .32, 48. behind the pipeline: load labels beh')


def test_validation_pipeline_that_does_not_pack_is_named_before_training(with_validation):
    with_validation.val_dataloader.dataset.pipeline.pop()
    refused_before_training(with_validation, ValueError, 'val_dataloader: the pipeline gives .*PackSegInputs')


def test_validation_data_of_other_classes_are_refused_before_training(with_validation):
    with_validation.val_dataloader.dataset.metainfo = dict(classes=('road', 'car'))
    refused_before_training(with_validation, ValueError, 'predicts 19 classes, the dataset of val_dataloader has 2')


def test_good_validation_data_are_taken(with_validation, tmp_path):
    train(with_validation)
    assert (tmp_path / 'iter_2.pth').exists()


def test_no_labels_of_the_target_at_all(data, tmp_path):
    """The recipe of docs/get_started.md trains and resumes; testing writes predictions."""
    nothing = dict(val_dataloader=None, val_cfg=None, val_evaluator=None)
    cfg = tiny_config(data, tmp_path, **nothing)
    train(cfg)
    train(tiny_config(data, tmp_path, **nothing, train_cfg__max_iters=3, resume=True))
    whole = Config.fromfile(REPO / 'configs/toy/source_only.py')
    shrink_data(whole, data)
    for key in ('test_dataloader', 'test_cfg', 'test_evaluator'):
        cfg[key] = whole[key]
    del cfg.test_dataloader.dataset.data_prefix['seg_map_path']
    cfg.merge_from_dict(dict(load_from=str(tmp_path / 'iter_3.pth'), experiment_name='test', **nothing))
    cfg.test_evaluator.output_dir = str(tmp_path / 'out')
    assert Runner.from_cfg(cfg).test() == {}
    images = data / 'cityscapes/leftImg8bit/val'
    assert sorted(path.relative_to(tmp_path / 'out') for path in (tmp_path / 'out').rglob('*.png')) == sorted(
        path.relative_to(images) for path in images.rglob('*.png')
    )
