"""The small tasks compare methods fairly: same start, length and augmentation, no labels of the target."""

import itertools
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import (
    MODELS,
)
from torch.nn.modules.batchnorm import _BatchNorm

from tests.helpers.shipped import METHODS, config, nodes, without_helpers


def _with_target_of(method: Config, baseline: Config) -> dict:
    data = baseline.train_dataloader
    return dict(data, dataset=dict(data.dataset, target=method.train_dataloader.dataset.target))


SMALL = [name for name in METHODS if name.startswith(('toy/', 'camvid/'))]


FROM_SCRATCH = ('source_only', 'oracle')


WITH_DEPTH = ('depth_source_only', 'depth_oracle', 'dada', 'ctrl', 'depth_distribution_stage1')  # from scratch, too


DISTILLED = ('depth_distribution',)  # a second stage, of methods with depth


METHODS_OF_SMALL = [name for name in SMALL if Path(name).stem not in (*FROM_SCRATCH, *WITH_DEPTH, *DISTILLED)]


def sibling(name: str, other: str) -> Config:
    """Another config of the same small task."""
    return config(f'{Path(name).parent}/{other}.py')


def starts(name: str) -> list[str]:
    """The stages before a config, the last one first."""
    hooks = [hook for hook in config(name).get('custom_hooks', []) if hook.type == 'StageCheckpointHook']
    found = [hook.config.removeprefix('configs/') for hook in hooks]
    return [*found, *itertools.chain(*map(starts, found))]


def length(cfg: Config) -> int:
    """Iterations of a run, of all rounds together."""
    train_cfg = cfg.train_cfg
    return train_cfg.max_iters if 'max_iters' in train_cfg else train_cfg.num_rounds * train_cfg.iterations


@pytest.mark.parametrize('name', METHODS_OF_SMALL)
def test_every_method_of_a_small_task_starts_from_its_source_only(name):
    assert starts(name)[-1] == f'{Path(name).parent}/source_only.py'


@pytest.mark.parametrize('name', [name for name in SMALL if name not in METHODS_OF_SMALL])
def test_what_starts_from_nothing_in_a_small_task_is_said_here(name):
    assert starts(name) == (['toy/depth_distribution_stage1.py'] if name == 'toy/depth_distribution.py' else [])


@pytest.mark.parametrize('name', METHODS_OF_SMALL)
def test_every_method_of_a_small_task_trains_as_long_and_by_the_same_optimizer_as_its_control(name):
    method, control = config(name), sibling(name, 'source_continued')
    assert length(method) == length(control)
    assert method.optim_wrapper == control.optim_wrapper
    assert method.train_dataloader.batch_size == control.train_dataloader.batch_size
    assert method.randomness == control.randomness


@pytest.mark.parametrize('name', [f'toy/{name}.py' for name in WITH_DEPTH])
def test_methods_with_depth_train_as_their_source_only(name):
    method, control = config(name), sibling(name, 'depth_source_only')
    for key in ('optim_wrapper', 'param_scheduler', 'train_cfg', 'randomness'):
        assert method[key] == control[key]


@pytest.mark.parametrize('task', ['toy', 'camvid'])
@pytest.mark.parametrize('name', ['minent', 'advent', 'mrnet', 'mrnet_classmix', 'dacs'])
def test_what_adapts_in_one_stage_adds_target_and_objectives_to_its_control_and_nothing_else(task, name):
    method, control = config(f'{task}/{name}.py'), config(f'{task}/source_continued.py')
    assert _with_target_of(method, control) == method.train_dataloader
    for key in ('param_scheduler', 'train_cfg', 'val_dataloader', 'default_hooks'):
        assert method[key] == control[key]
    assert method.model.segmentor == control.model.segmentor
    added = len(method.model.objectives) - len(control.model.objectives)
    assert added > 0 and method.model.objectives[:-added] == control.model.objectives


@pytest.mark.parametrize('task', ['toy', 'camvid'])
def test_the_control_of_second_stages_is_the_control_again(task):
    once, twice = config(f'{task}/source_continued.py'), config(f'{task}/source_continued_twice.py')
    parts = [
        {key: value for key, value in without_helpers(cfg).items() if key != 'custom_hooks'} for cfg in (once, twice)
    ]
    assert parts[0] == parts[1]
    assert starts(f'{task}/source_continued_twice.py')[0] == f'{task}/source_continued.py'


def test_the_oracle_trains_as_long_as_source_only_and_two_stages_together():
    names = ('source_only', 'source_continued', 'source_continued_twice')
    oracle, parts = config('toy/oracle.py'), [config(f'toy/{name}.py') for name in names]
    assert length(oracle) == sum(map(length, parts))
    assert oracle.model == parts[0].model and oracle.optim_wrapper == parts[0].optim_wrapper


def test_oracles_alone_read_labels_of_the_target():
    reading = set()
    for name in SMALL:
        cfg = config(name)
        for node in nodes(cfg.train_dataloader.dataset):
            prefix = node.get('data_prefix', {})
            images = (node.get('data_root'), prefix.get('img_path'))
            if (
                images == (cfg.target_files.data_root, cfg.target_files.data_prefix.img_path)
                and 'seg_map_path' in prefix
            ):
                reading.add(name)
    assert reading == {'toy/oracle.py', 'toy/depth_oracle.py'}


def labeled_pipelines(cfg: Config) -> list[list[dict]]:
    """Pipelines of the images that have labels or get pseudo labels."""
    dataset = cfg.train_dataloader.dataset
    parts = [dataset.source, dataset.target] if dataset.type == 'PoolDataset' else [dataset.source]
    return [part.pipeline for part in parts if part is not None]


WHOLE_IMAGES = ('toy/depth_distribution.py', 'toy/depth_distribution_stage1.py')


@pytest.mark.parametrize('name', [name for name in SMALL if name not in WHOLE_IMAGES])
def test_labeled_images_of_a_small_task_are_augmented_alike(name):
    width = dict(toy=256, camvid=480)[Path(name).parent.name]  # of the images
    cfg = config(name)
    (own,) = labeled_pipelines(config(f'{Path(name).parent}/source_only.py'))
    for pipeline in labeled_pipelines(cfg):
        steps = {step.type: step for step in pipeline}
        for kind in ('HorizontalFlip', 'PhotoMetricDistortion'):
            assert steps[kind] == next(step for step in own if step.type == kind)
        if 'CenteredMiningCrop' in steps:
            crop = steps['CenteredMiningCrop']
            scales = [scale * width / cfg.test_scale[0] for scale in (min(crop.scales), max(crop.scales))]
        else:
            crop, resize = steps['HardSampleCrop'], steps['JitteredResize']
            scales = [ratio * resize.scale[0] / cfg.test_scale[0] for ratio in resize.ratio_range]
        assert scales == pytest.approx([1.0, 1.5], rel=0.01)
        assert tuple(crop.crop_size) == tuple(reversed(cfg.test_scale))


@pytest.mark.parametrize('name', SMALL)
def test_nothing_but_a_method_adapts_in_a_small_task(name):
    init_default_scope('mmseg')
    cfg = config(name)
    assert not any(isinstance(module, _BatchNorm) for module in MODELS.build(cfg.model.segmentor).modules())
    assert 'statistics_views' not in cfg.model
    assert 'AdaptiveBatchNormHook' not in {hook.type for hook in cfg.get('custom_hooks', [])}


PUBLISHED = dict(
    mrnet_stage2='mrnet/gta2cs_stage2',
    mrnet_rectified='mrnet/gta2cs_rectified',
    mc_dropout='mc_dropout/gta2cs',
    mc_dropout_minimum='mc_dropout/gta2cs_minimum',
    mc_dropout_negative='mc_dropout/gta2cs_negative',
    mc_dropout_rounds='mc_dropout/gta2cs_rounds',
    cbst='cbst/gta2cs',
    crst_mrkld='crst/gta2cs',
    ensemble='ensemble/gta2cs',
    ensemble_certainty='ensemble/gta2cs_certainty',
    ensemble_majority='ensemble/gta2cs_majority',
)  # what learns from pseudo labels


@pytest.mark.parametrize('name', [name for name in SMALL if Path(name).stem in PUBLISHED])
def test_small_losses_on_pseudo_labels_weigh_classes_where_the_published_ones_do(name):
    small, published = (
        {objective.type: objective.get('class_weights', {}).get('type') for objective in cfg.model.objectives}
        for cfg in (config(name), config(f'{PUBLISHED[Path(name).stem]}.py'))
    )
    learning = {kind for kind in small if kind.endswith('Supervision')}
    assert learning and {kind: small[kind] for kind in learning} == {kind: published[kind] for kind in learning}
