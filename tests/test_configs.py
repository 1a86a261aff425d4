"""The shipped configs say what the papers' code did."""

import inspect
import itertools
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope
from mmseg.registry import (
    DATA_SAMPLERS,
    DATASETS,
    HOOKS,
    LOOPS,
    METRICS,
    MODELS,
    OPTIM_WRAPPERS,
    TASK_UTILS,
    TRANSFORMS,
)
from PIL import Image
from torch.nn.modules.batchnorm import _BatchNorm

from mmuda.datasets.classes import SYNTHIA_16_CLASSES, class_names
from mmuda.datasets.transforms import CenteredMiningCrop, PackSoftLabels
from mmuda.engine.self_training import SelfTrainingLoop
from mmuda.engine.self_training.labeling import build_fusion
from mmuda.engine.self_training.teachers import prediction_settings, teacher_configs
from mmuda.utils.length import LARGEST_SHARE
from mmuda.utils.shipped import read_config
from tests.helpers.published import write_dataset

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
METHODS = sorted(path.relative_to(CONFIGS).as_posix() for path in CONFIGS.glob('[!_]*/*.py'))


@cache
def config(name: str) -> Config:
    return Config.fromfile(CONFIGS / name)


ROUNDS = [name for name in METHODS if config(name).get('runner_type') == 'SelfTrainingRunner']


def objective(cfg: Config, kind: str) -> dict:
    return next(objective for objective in cfg.model.objectives if objective.type == kind)


def _with_target_of(method: Config, baseline: Config) -> dict:
    data = baseline.train_dataloader
    return dict(data, dataset=dict(data.dataset, target=method.train_dataloader.dataset.target))


@pytest.mark.parametrize('name', [name for name in METHODS if 'source_only' in name or 'source_continued' in name])
def test_source_only_reads_no_target_image(name):
    cfg = config(name)
    assert cfg.train_dataloader.dataset.target is None
    assert {objective.get('view', 'source') for objective in cfg.model.objectives} == {'source'}


def transform(dataset: dict, kind: str) -> dict:
    return next(step for step in dataset.pipeline if step.type == kind)


def check_model_builds(name: str) -> None:
    init_default_scope('mmseg')
    cfg = config(name).model
    large = cfg.segmentor.backbone.type in ('DeepLabResNet', 'ResNet38', 'DRN')  # names and shapes will do
    with torch.device('meta' if large else 'cpu'):
        model = MODELS.build(cfg)
    assert len(model.objectives) >= 1


def check_every_image_is_drawn_where_drawing_is_asked_for(name: str) -> None:
    assert config(name).default_hooks.visualization.interval == 1


def check_every_config_has_its_own_work_dir(name: str) -> None:
    assert config(name).work_dir == f'work_dirs/{name.removesuffix(".py")}'


def check_stages_and_teachers_are_named_by_their_config_alone(name: str) -> None:
    cfg = config(name)
    stages = [hook for hook in cfg.get('custom_hooks', []) if hook.type == 'StageCheckpointHook']
    for part in [*stages, *cfg.train_cfg.get('labels', {}).get('teachers', [])]:
        assert 'work_dir' not in part
        assert read_config(part.config).work_dir == f'work_dirs/{part.config[len("configs/") : -len(".py")]}'


def files_of(path: Path) -> set[Path]:
    """A config and all files below ``_base_`` in it."""
    bases = Config._get_base_files(str(path))
    return {path}.union(*(files_of((path.parent / base).resolve()) for base in bases))


def test_a_config_is_made_of_at_most_six_files():
    number = {name: len(files_of(CONFIGS / name)) for name in METHODS}
    print(*(f'{count} {name}' for name, count in number.items()), sep='\n')  # pytest -s
    assert {name: count for name, count in number.items() if count > 6} == {}


def test_every_base_is_part_of_a_config():
    used = set().union(*(files_of(CONFIGS / name) for name in METHODS))
    assert set((CONFIGS / '_base_').rglob('*.py')) - used == set()


def without_helpers(cfg: Config) -> dict:
    """What training and testing read of a config."""
    return {key: value for key, value in cfg.to_dict().items() if key in READ}


READ = (
    'model train_dataloader val_dataloader test_dataloader val_evaluator test_evaluator tta_pipeline optim_wrapper '
    'param_scheduler train_cfg custom_hooks default_hooks'
).split()


@pytest.mark.parametrize(
    'variant, parts',
    [
        ('advent/synthia2cs_plain_sgd', ['optim_wrapper']),
        ('cbst/gta2cs_505', ['train_dataloader']),
        ('cbst/gta2cs_val_as_target', ['train_dataloader']),
        ('cbst/gta2cs_sp', ['train_cfg']),
        ('cbst/gta2cs_sp_multi_scale', ['tta_pipeline', 'train_cfg']),
        ('cbst/gta2cs_st', ['train_cfg']),
        ('cbst/gta2cs_dlv2_505', ['train_dataloader']),
        ('cbst/gta2cs_dlv2_sp', ['train_cfg']),
        ('cbst/gta2cs_dlv2_st', ['train_cfg']),
        ('cbst/synthia2cs_st', ['train_cfg']),
        ('cbst/synthia2cs_dlv2_st', ['train_cfg']),
        ('cbst/source_only_gta2cs_on_gta', ['test_dataloader', 'tta_pipeline']),
        ('cbst/source_only_gta2cs_dlv2_on_gta', ['test_dataloader', 'tta_pipeline']),
        ('cbst/source_only_synthia2cs_on_synthia', ['test_dataloader']),
        ('cbst/source_only_synthia2cs_dlv2_on_synthia', ['test_dataloader']),
        ('crst/gta2cs_505', ['train_dataloader']),
        ('crst/gta2cs_plain_sgd', ['optim_wrapper']),
        ('crst/gta2cs_lrent', ['model', 'train_dataloader', 'train_cfg']),
        ('crst/gta2cs_lrent_505', ['model', 'train_dataloader', 'train_cfg']),
        ('crst/synthia2cs_lrent', ['model', 'train_dataloader', 'train_cfg']),
        ('dacs/gta2cs_corrected', ['model']),
        ('dacs/gta2cs_full_size', ['val_dataloader', 'test_dataloader']),
        ('dacs/gta2cs_plain_sgd', ['optim_wrapper']),
        ('dada/synthia2cs_plain_sgd', ['optim_wrapper']),
        ('dada/synthia2cs_r50', ['model', 'optim_wrapper']),
        ('dada/synthia2cs_mit-b0', ['model', 'optim_wrapper']),
        ('ensemble/gta2cs_certainty', ['train_cfg']),
        ('ensemble/gta2cs_majority', ['train_cfg']),
        ('ensemble/gta2cs_own_teachers', ['train_cfg']),
        ('mc_dropout/gta2cs_minimum', ['custom_hooks']),
        ('mc_dropout/gta2cs_negative', ['model', 'train_dataloader', 'custom_hooks']),
        ('mc_dropout/synthia2cs_minimum', ['custom_hooks']),
        ('mc_dropout/synthia2cs_negative', ['model', 'train_dataloader', 'custom_hooks']),
        ('mc_dropout/cs2robotcar_minimum', ['custom_hooks']),
        ('mc_dropout/cs2robotcar_negative', ['model', 'train_dataloader', 'custom_hooks']),
        ('mrnet/gta2cs_classmix', ['model']),
        ('mrnet/gta2cs_plain_sgd', ['optim_wrapper']),
        ('mrnet/gta2cs_r50', ['model', 'optim_wrapper']),
        ('mrnet/gta2cs_mit-b0', ['model', 'optim_wrapper']),
        ('mrnet/gta2cs_swin-t', ['model', 'optim_wrapper']),
    ],
)
def test_variants_differ_from_the_main_setting_in_nothing_else(variant, parts):
    mains = [name for name in METHODS if variant.startswith(name.removesuffix('.py') + '_')]
    main = max((name for name in mains if '_lrent' not in name and not name.endswith('_sp.py')), key=len)
    found, expected = without_helpers(config(f'{variant}.py')), without_helpers(config(main))
    assert found.keys() == expected.keys()
    assert [key for key in READ if found.get(key) != expected.get(key)] == sorted(parts, key=READ.index)


def check_heads_have_the_classes_of_the_data(name: str) -> None:
    classes = {
        'synthia2mapillary': 7,
        'synthia2cs_7': 7,
        'toy/depth_': 16,
        'toy/dada': 16,
        'toy/ctrl': 16,
        'gta2cs': 19,
        'mrnet/synthia2cs': 19,
        'mrnet/source_only_synthia2cs': 19,
        'dacs/synthia2cs': 19,
        'mc_dropout/synthia2cs': 19,
        'synthia2cs': 16,
        'cs2robotcar': 9,
        'cs2nthu': 13,
        'toy': 19,
        'camvid': 11,
        'own_data': 3,
    }
    task = next(task for task in classes if task in name)
    assert config(name).model.segmentor.decode_head.num_classes == classes[task]


@pytest.mark.parametrize(
    ('name', 'lr', 'batch_size'),
    [
        ('mrnet/gta2cs.py', 2e-4, 2),
        ('mrnet/gta2cs_stage2.py', 1e-4, 9),
        ('mrnet/gta2cs_rectified.py', 1e-4, 9),
        ('mrnet/synthia2cs.py', 1e-4, 1),
        ('mrnet/synthia2cs_rectified.py', 1e-4, 5),
    ],
)
def test_published_rate_and_batch(name, lr, batch_size):
    cfg = config(name)
    assert (cfg.optim_wrapper.optimizer.lr, cfg.train_dataloader.batch_size) == (lr, batch_size)


@pytest.mark.parametrize('name', ['mrnet/gta2cs.py', 'mrnet/gta2cs_rectified.py'])
def test_published_schedule(name):
    cfg = config(name)
    length = cfg.train_cfg.max_iters
    assert (length, cfg.param_scheduler.warmup_iters * length, cfg.param_scheduler.max_iters * length) == (
        25000,
        5000,
        100000,
    )


def check_one_number_changes_the_length(name: str) -> None:
    cfg = config(name)
    schedules = cfg.get('param_scheduler') or []
    points = [*cfg.model.objectives, *(schedules if isinstance(schedules, list) else [schedules])]
    points += [hook.param_scheduler for hook in cfg.get('custom_hooks', []) if 'param_scheduler' in hook]
    for point, key in itertools.product(points, ('begin', 'end', 'warmup_iters', 'max_iters')):
        assert isinstance(point.get(key, 0.0), float), f'{key} of {point} is a number of iterations'
        assert point.get(key, 0.0) <= LARGEST_SHARE, f'{key} of {point}'


def test_published_losses_of_stage_1():
    cfg = config('mrnet/gta2cs.py')
    source = objective(cfg, 'Supervision')
    assert source.weights == dict(aux=0.5, main=1.0)
    assert (source.loss.percentile, source.class_weights.max_weight) == (80.0, 7.0)
    assert objective(cfg, 'AdversarialAlignment').weights == dict(aux=2e-4, main=1e-3)
    memory = objective(cfg, 'MemoryRegularization')
    assert (memory.weight, memory.begin * config('mrnet/gta2cs.py').train_cfg.max_iters) == (0.1, 15000)


def test_published_crops_of_both_stages():
    first, second = (config(f'mrnet/gta2cs{suffix}.py').train_dataloader.dataset for suffix in ('', '_rectified'))
    assert transform(first.source, 'HardSampleCrop').crop_size == (512, 1024)
    assert transform(second.source, 'HardSampleCrop').crop_size == (256, 512)
    assert transform(second.source, 'JitteredResize').scale == (1280, 640)


def test_batch_norm_affine_is_trained_in_the_second_stage_only():
    trained = [
        config(f'mrnet/{name}.py').model.segmentor.backbone.norm_cfg.requires_grad
        for name in ('gta2cs', 'gta2cs_stage2', 'gta2cs_rectified')
    ]
    assert trained == [False, True, True]


def test_published_label_thresholds():
    thresholds = [
        config(f'mrnet/{task}_rectified.py').custom_hooks[1].labeler.get('threshold')
        for task in ('gta2cs', 'synthia2cs', 'cs2robotcar')
    ]
    assert thresholds == [None, 0.9, None]


SMALL = [name for name in METHODS if name.startswith(('toy/', 'camvid/'))]
FROM_SCRATCH = ('source_only', 'oracle')
WITH_DEPTH = ('depth_source_only', 'depth_oracle', 'dada', 'ctrl', 'depth_distribution_stage1')  # from scratch, too
DISTILLED = ('depth_distribution',)  # a second stage, of half the length
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


@pytest.mark.parametrize('name', ['mrnet/gta2cs', 'toy/mrnet'])
def test_classmix_is_one_more_objective(name):
    plain, mixed = config(f'{name}.py').model.objectives, config(f'{name}_classmix.py').model.objectives
    assert mixed[:-1] == plain and mixed[-1].type == 'ClassMixSupervision'


def test_published_settings_of_dacs():
    cfg = config('dacs/gta2cs.py')
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.lr, optimizer.nesterov, cfg.train_cfg.max_iters, cfg.train_dataloader.batch_size) == (
        2.5e-4,
        False,
        250000,
        2,
    )
    assert (cfg.model.segmentor.decode_head.branches, cfg.model.segmentor.backbone.norm_eval) == (2, False)
    classmix = objective(cfg, 'ClassMixSupervision')
    assert classmix.weighting == dict(type='ConfidentShare', threshold=0.968, of='batch')
    assert classmix.draw == dict(type='NumpyClassDraw', mix_ignored=True)


@pytest.mark.parametrize('name, size', [('gta2cs', (4, 6)), ('gta2cs_full_size', (8, 12))])
def test_dacs_is_evaluated_at_half_size_or_full_size(name, size, tmp_path):
    init_default_scope('mmseg')
    pipeline = [dict(step) for step in config(f'dacs/{name}.py').val_dataloader.dataset.pipeline]
    next(step for step in pipeline if step['type'] == 'Resize')['scale'] = (6, 4)
    for kind in ('image.png', 'label.png'):
        Image.new('L' if 'label' in kind else 'RGB', (12, 8)).save(tmp_path / kind)
    sample = Compose(pipeline)(
        dict(img_path=str(tmp_path / 'image.png'), seg_map_path=str(tmp_path / 'label.png'), reduce_zero_label=False)
    )
    assert sample['inputs'].shape[1:] == (4, 6)
    assert sample['data_samples'].gt_sem_seg.shape == sample['data_samples'].ori_shape == size


def nodes(node: Any) -> Iterator[dict]:
    """All dicts of a config that say of which type they are."""
    if isinstance(node, dict):
        if isinstance(node.get('type'), str):
            yield node
        node = list(node.values())
    for child in node if isinstance(node, (list, tuple)) else ():
        yield from nodes(child)


@pytest.mark.parametrize('name', ROUNDS)
def test_parts_of_the_rounds_build(name):
    init_default_scope('mmseg')
    train_cfg = config(name).train_cfg
    labels = train_cfg.labels
    for settings, kind in ((train_cfg, SelfTrainingLoop), (labels, TASK_UTILS.get(labels.type))):
        assert set(settings) - {'type'} <= set(inspect.signature(kind).parameters)
    if labels.type == 'ModelLabels':
        TASK_UTILS.build(labels.predictor)
        portion = TASK_UTILS.build(labels.labeler).portion
        assert (portion is None) == ('portion' not in labels)
        assert portion is None or portion <= labels.portion.maximum


@pytest.mark.parametrize('name', [name for name in ROUNDS if 'teachers' in config(name).train_cfg.labels])
def test_teachers_have_the_classes_of_the_student_and_every_class_an_owner(name, monkeypatch):
    monkeypatch.chdir(CONFIGS.parent)
    init_default_scope('mmseg')
    cfg = config(name)
    teachers = teacher_configs(cfg.train_cfg.labels.teachers, cfg.train_cfg.labels.get('predictor'))
    target = cfg.train_dataloader.dataset.target.dataset
    classes = class_names(target.get('metainfo', DATASETS.get(target.type).METAINFO)['classes'])
    build_fusion(cfg.train_cfg.labels.labeler, teachers, classes)
    for teacher in teachers:
        num_classes = teacher.cfg.model.segmentor.decode_head.num_classes
        assert num_classes - len(teacher.drop_classes) == len(classes), teacher.name


def published_views(cfg: Config) -> dict:
    """How a teacher's own method looks at an image: as it labels the target, or as it is tested."""
    if 'labels' in cfg.train_cfg:
        return cfg.train_cfg.labels.predictor
    for hook in cfg.get('custom_hooks', []):
        if hook.type == 'PseudoLabelHook':
            return hook.predictor
    resize = transform(cfg.val_dataloader.dataset, 'Resize')
    return dict(type='MultiViewPredictor', scales=[resize.scale], flip=False, interpolation=resize.interpolation)


@pytest.mark.parametrize('name', [name for name in ROUNDS if name.startswith('ensemble/')])
def test_teachers_see_an_image_as_their_own_method_does(name):
    for teacher in config(name).train_cfg.labels.teachers:
        assert teacher.predictor == published_views(config(teacher.config.removeprefix('configs/'))), teacher.name


@pytest.mark.parametrize('task, num_classes', [('gta2cs', 19), ('synthia2cs', 16)])
def test_every_student_of_the_paper_is_there(task, num_classes):
    students = [
        config(f'ensemble/{task}{name}.py').model.segmentor
        for name in ('', '_r101', '_mobilenetv2', '_dlv2', '_dlv2_r101', '_dlv2_mobilenetv2')
    ]
    assert [(student.decode_head.type, student.backbone.type) for student in students] == list(
        itertools.product(('DeepLabV3PlusHead', 'DeepLabV2Head'), ('DRN', 'ResNet', 'InputPaddedMobileNetV2'))
    )
    assert {student.decode_head.num_classes for student in students} == {num_classes}
    # The affine parameters of BatchNorm are trained with DeepLab-v3+, not with DeepLab-v2.
    assert [student.backbone.norm_cfg.requires_grad for student in students] == [True] * 3 + [False] * 3
    assert {student.decode_head.get('branches') for student in students[3:]} == {2}


def check_transforms_build_and_datasets_are_known(name: str) -> None:
    init_default_scope('mmseg')
    loaders = [config(name)[f'{kind}_dataloader'] for kind in ('train', 'val', 'test')]
    for node in nodes([loader.dataset for loader in loaders if loader is not None]):  # own data have no validation
        if TRANSFORMS.get(node.type) is not None:
            TRANSFORMS.build(node)
        else:
            assert DATASETS.get(node.type) is not None, node.type


def check_parts_are_registered(name: str) -> None:
    cfg = config(name)
    for split in ('train', 'test') if cfg.val_cfg is None else ('train', 'val', 'test'):  # own data have no validation
        assert DATA_SAMPLERS.get(cfg[f'{split}_dataloader'].sampler.type), split
        assert LOOPS.get(cfg[f'{split}_cfg'].get('type', 'IterBasedTrainLoop')), split
    METRICS.build(cfg.test_evaluator)
    assert OPTIM_WRAPPERS.get(cfg.optim_wrapper.type), cfg.optim_wrapper
    for hook in [*cfg.get('default_hooks', {}).values(), *cfg.get('custom_hooks', [])]:
        assert HOOKS.get(hook['type']), hook


@pytest.mark.smoke
@pytest.mark.parametrize('name', METHODS)
def test_config_is_sound(name):
    init_default_scope('mmseg')
    check_model_builds(name)
    check_every_image_is_drawn_where_drawing_is_asked_for(name)
    check_every_config_has_its_own_work_dir(name)
    check_stages_and_teachers_are_named_by_their_config_alone(name)
    check_heads_have_the_classes_of_the_data(name)
    check_one_number_changes_the_length(name)
    check_transforms_build_and_datasets_are_known(name)
    check_parts_are_registered(name)


@pytest.mark.parametrize('name', ROUNDS)
def test_rounds_start_from_a_config_of_the_same_network(name):
    cfg = config(name)
    start = next(hook for hook in cfg.custom_hooks if hook.type == 'StageCheckpointHook')
    first = config(start.config.removeprefix('configs/'))
    if 'mc_dropout' in name:  # from MRNet's stage 1 to its stage 2: other dropout, and BatchNorm is trained
        for part in ('backbone', 'decode_head'):
            settings = [prediction_settings(one.model.segmentor[part]) for one in (first, cfg)]
            assert settings[0] == settings[1], part
        return
    settings = [
        {key: value for key, value in part.model.segmentor.backbone.items() if key != 'init_cfg'}
        for part in (first, cfg)
    ]
    assert settings[0] == settings[1]
    assert first.model.segmentor.decode_head == cfg.model.segmentor.decode_head


@pytest.mark.parametrize(
    'name',
    [name for name in METHODS if 'StageCheckpointHook' in [hook.type for hook in config(name).get('custom_hooks', [])]],
)
def test_what_starts_from_another_stage_reads_no_other_weights(name):
    assert 'Pretrained' not in [node['type'] for node in nodes(config(name).model.segmentor)]


@pytest.mark.parametrize(
    'name', [name for name in METHODS if 'synthia2cs' in name and name.split('/')[0] in ('cbst', 'crst')]
)
def test_synthia_has_16_classes_everywhere(name):
    cfg = config(name)
    sets = [
        node
        for node in nodes([cfg.train_dataloader.dataset, cfg.val_dataloader.dataset])
        if node.type in ('SynthiaDataset', 'CityscapesLabelIdsDataset')
    ]
    domains = [cfg.train_dataloader.dataset.get(domain) for domain in ('source', 'target')]
    assert len(sets) == 3 - domains.count(None)
    assert {class_names(node.metainfo.classes) for node in sets} == {SYNTHIA_16_CLASSES}


@pytest.mark.parametrize(
    'task, portions, num_rounds',
    [
        ('gta2cs', (0.15, 0.03), 6),
        ('synthia2cs', (0.2, 0.02), 6),
        ('gta2cs_dlv2', (0.2, 0.03), 3),
        ('synthia2cs_dlv2', (0.2, 0.02), 4),
    ],
)
def test_published_rounds(task, portions, num_rounds):
    train_cfg = config(f'cbst/{task}.py').train_cfg
    assert (train_cfg.labels.portion.start, train_cfg.source.portion.start) == portions
    assert (train_cfg.num_rounds, train_cfg.epochs) == (num_rounds, 2)


@pytest.mark.parametrize('name, lr', [('cbst/gta2cs.py', 1e-4), ('crst/gta2cs.py', 5e-5)])
def test_published_rate_and_batch_of_the_rounds(name, lr):
    cfg = config(name)
    assert (cfg.optim_wrapper.optimizer.lr, cfg.train_dataloader.batch_size) == (lr, 2)


def test_published_crops_of_the_rounds():
    pools = {name: config(f'{name}.py').train_dataloader.dataset for name in ('cbst/synthia2cs', 'crst/synthia2cs')}
    square, wide = pools.values()
    assert [transform(part, 'RareClassCrop').nominal_size for part in (square.source, square.target)] == [1280, 2048]
    for part, (low, high) in ((wide.source, (0.8, 1.2)), (wide.target, (0.6, 1.5))):
        assert transform(part, 'CenteredMiningCrop').scales == pytest.approx(crst_scales(low, high))
    assert crst_scales(0.8, 1.2) == pytest.approx([0.8, 0.9, 1.0, 1.1])
    everywhere = inspect.signature(CenteredMiningCrop).parameters['scales'].default
    assert everywhere == pytest.approx(crst_scales(0.5, 1.5)) and len(everywhere) == 11


def crst_scales(low: float, high: float) -> list[float]:
    """All values of low + randint(0, int((high - low) * 10)) / 10, as the published code draws them."""
    return [low + step / 10 for step in range(int((high - low) * 10) + 1)]


@pytest.mark.parametrize(
    'name',
    [name for name in METHODS if any(fnmatch(name, like) for like in ('crst/*', 'cbst/*dlv2*', 'cbst/*mit-b0*'))],
)
def test_images_and_labels_of_crst_are_resized_as_published(name):
    cfg = config(name)
    crops = [node for node in nodes(cfg.train_dataloader.dataset) if node.type == 'CenteredMiningCrop']
    assert len(crops) >= 1 and {crop.get('resize') for crop in crops} == {'published'}
    if name in ROUNDS:
        assert (cfg.train_cfg.labels.predictor.scale, cfg.train_cfg.labels.predictor.backend) == (0.9, 'cv2')


def test_st_has_one_threshold_and_no_rare_classes():
    for name in ('cbst/gta2cs_st', 'cbst/synthia2cs_dlv2_st', 'toy/st', 'camvid/st'):
        labeler = config(f'{name}.py').train_cfg.labels.labeler
        assert (labeler.policy, labeler.rare_number, labeler.rare_share) == ('global', 0, 0)


@pytest.mark.parametrize('name', [name for name in ROUNDS if 'lrent' in name])
def test_soft_labels_have_the_crop_of_the_hard_ones(name):
    lrent, mrkld = config(name), config(name.replace('crst_lrent', 'crst_mrkld').replace('_lrent', ''))
    soft, hard = (cfg.train_dataloader.dataset.target for cfg in (lrent, mrkld))
    assert soft.pipeline[-1].type == PackSoftLabels.__name__ and lrent.train_cfg.labels.keep_cached_logits
    assert transform(soft, 'CenteredMiningCrop') == transform(hard, 'CenteredMiningCrop')


def test_target_protocols():
    def target(name: str) -> dict:
        return config(name).train_dataloader.dataset.target.dataset

    assert (
        target('cbst/gta2cs_dlv2.py')
        == target('crst/gta2cs_lrent.py')
        == dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/cityscapes',
            data_prefix=dict(img_path='leftImg8bit/train'),
        )
    )
    assert {
        target(f'{name}_505.py').ann_file
        for name in ('cbst/gta2cs', 'cbst/gta2cs_dlv2', 'crst/gta2cs', 'crst/gta2cs_lrent')
    } == {'confident_505.txt'}
    val = [name for name in ROUNDS if target(name).data_prefix.img_path == 'leftImg8bit/val']
    assert val == ['cbst/gta2cs_val_as_target.py']


@pytest.mark.parametrize(
    'name, views',
    [('cbst/gta2cs.py', 2), ('cbst/gta2cs_dlv2.py', 6), ('cbst/gta2cs_sp_multi_scale.py', 6)],
)
def test_published_views_of_testing(name, views, tmp_path):
    init_default_scope('mmseg')
    for kind in ('image.png', 'label.png'):
        Image.new('L' if 'label' in kind else 'RGB', (40, 20)).save(tmp_path / kind)
    paths = dict(
        img_path=str(tmp_path / 'image.png'), seg_map_path=str(tmp_path / 'label.png'), reduce_zero_label=False
    )
    results = Compose(config(name).tta_pipeline)(paths)
    assert len(results['inputs']) == views


def test_views_of_the_multi_scale_test_of_cbst_sp(tmp_path):
    init_default_scope('mmseg')
    for kind in ('image.png', 'label.png'):
        Image.new('L' if 'label' in kind else 'RGB', (40, 20)).save(tmp_path / kind)
    paths = dict(
        img_path=str(tmp_path / 'image.png'), seg_map_path=str(tmp_path / 'label.png'), reduce_zero_label=False
    )
    results = Compose(config('cbst/gta2cs_sp_multi_scale.py').tta_pipeline)(paths)
    assert [tuple(view.shape[1:]) for view in results['inputs']] == 2 * [(10, 20)] + 2 * [(15, 30)] + 2 * [(20, 40)]
    assert {sample.gt_sem_seg.shape for sample in results['data_samples']} == {(20, 40)}
    assert [sample.flip for sample in results['data_samples']] == 3 * [False, True]


def test_lane_marking_is_road_where_crsts_code_says_so():
    sources = {
        name: [node for node in nodes(config(name).train_dataloader.dataset) if node.type == 'SynthiaDataset']
        for name in METHODS
    }
    road = {name for name, sets in sources.items() if sets and sets[0].get('lane_marking_is_road')}
    assert road == {
        name
        for name in METHODS
        if sources[name] and (name.startswith('crst/') or 'dlv2' in name) and name.startswith(('crst/', 'cbst/'))
    }


@pytest.mark.parametrize('name', [name for name in METHODS if '_on_' in name])
def test_source_models_are_tested_on_the_source(name, tmp_path, monkeypatch):
    init_default_scope('mmseg')
    cfg = config(name)
    tested, trained = cfg.test_dataloader.dataset, cfg.train_dataloader.dataset.source
    ids = np.full((15, 30) if 'gta2cs' in name else (16, 32), 7 if 'gta2cs' in name else 3)  # GTA5: some differ
    write_dataset(tmp_path / tested.data_root, tested.type, ids.astype(np.uint8), np.zeros((16, 32, 3), np.uint8))
    monkeypatch.chdir(tmp_path)
    dataset, source = DATASETS.build(tested), DATASETS.build(trained)
    assert type(dataset) is type(source) and dataset.metainfo['classes'] == source.metainfo['classes']
    np.testing.assert_array_equal(dataset.LABEL_FORMAT.lookup, source.LABEL_FORMAT.lookup)
    sample = dataset[0]['data_samples']
    assert sample.gt_sem_seg.shape == sample.ori_shape == (16, 32)
    assert (sample.gt_sem_seg.data == 0).all()
    assert dataset[0]['inputs'].shape[1:] == ((1024, 2048) if name.endswith('dlv2_on_synthia.py') else (16, 32))
