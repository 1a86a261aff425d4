"""The shipped configs are sound: they build, name what is there, and differ in nothing but what they say."""

import inspect
import itertools
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
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

from mmuda.datasets.classes import class_names
from mmuda.engine.self_training import SelfTrainingLoop
from mmuda.engine.self_training.labeling import build_fusion
from mmuda.engine.self_training.teachers import prediction_settings, teacher_configs
from mmuda.utils.length import LARGEST_SHARE
from mmuda.utils.shipped import read_config
from tests.helpers.shipped import CONFIGS, METHODS, READ, ROUNDS, config, nodes, without_helpers


@pytest.mark.parametrize('name', [name for name in METHODS if 'source_only' in name or 'source_continued' in name])
def test_source_only_reads_no_target_image(name):
    cfg = config(name)
    assert cfg.train_dataloader.dataset.target is None
    assert {objective.get('view', 'source') for objective in cfg.model.objectives} == {'source'}


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


def check_one_number_changes_the_length(name: str) -> None:
    cfg = config(name)
    schedules = cfg.get('param_scheduler') or []
    points = [*cfg.model.objectives, *(schedules if isinstance(schedules, list) else [schedules])]
    points += [hook.param_scheduler for hook in cfg.get('custom_hooks', []) if 'param_scheduler' in hook]
    for point, key in itertools.product(points, ('begin', 'end', 'warmup_iters', 'max_iters')):
        assert isinstance(point.get(key, 0.0), float), f'{key} of {point} is a number of iterations'
        assert point.get(key, 0.0) <= LARGEST_SHARE, f'{key} of {point}'


@pytest.mark.parametrize('name', ['mrnet/gta2cs', 'toy/mrnet'])
def test_classmix_is_one_more_objective(name):
    plain, mixed = config(f'{name}.py').model.objectives, config(f'{name}_classmix.py').model.objectives
    assert mixed[:-1] == plain and mixed[-1].type == 'ClassMixSupervision'


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
