"""The shipped configs say what the papers' code did."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
METHODS = sorted(path.relative_to(CONFIGS).as_posix() for path in CONFIGS.glob('[!_]*/*.py'))


def config(name: str) -> Config:
    return Config.fromfile(CONFIGS / name)


def objective(cfg: Config, kind: str) -> dict:
    return next(objective for objective in cfg.model.objectives if objective.type == kind)


def transform(dataset: dict, kind: str) -> dict:
    return next(step for step in dataset.pipeline if step.type == kind)


@pytest.mark.parametrize('name', METHODS)
def test_model_builds(name):
    init_default_scope('mmseg')
    cfg = config(name).model
    large = cfg.segmentor.backbone.type == 'DeepLabResNet'  # names and shapes will do
    with torch.device('meta' if large else 'cpu'):
        model = MODELS.build(cfg)
    assert len(model.objectives) >= 1


@pytest.mark.parametrize('name', METHODS)
def test_every_config_has_its_own_work_dir(name):
    assert config(name).work_dir == f'work_dirs/{name.removesuffix(".py")}'


@pytest.mark.parametrize('name', METHODS)
def test_heads_have_the_classes_of_the_data(name):
    classes = dict(gta2cs=19, synthia2cs=19, cs2robotcar=9, toy=19, camvid=11)
    task = next(task for task in classes if task in name)
    assert config(name).model.segmentor.decode_head.num_classes == classes[task]


@pytest.mark.parametrize(('name', 'lr', 'batch_size'), [
    ('mrnet/gta2cs.py', 2e-4, 2), ('mrnet/gta2cs_stage2.py', 1e-4, 9), ('mrnet/gta2cs_rectified.py', 1e-4, 9),
    ('mrnet/synthia2cs.py', 1e-4, 1), ('mrnet/synthia2cs_rectified.py', 1e-4, 5)])
def test_published_rate_and_batch(name, lr, batch_size):
    cfg = config(name)
    assert (cfg.optim_wrapper.optimizer.lr, cfg.train_dataloader.batch_size) == (lr, batch_size)


@pytest.mark.parametrize('name', ['mrnet/gta2cs.py', 'mrnet/gta2cs_rectified.py'])
def test_published_schedule(name):
    cfg = config(name)
    assert (cfg.param_scheduler.warmup_iters, cfg.param_scheduler.max_iters, cfg.train_cfg.max_iters) == (
        5000, 100000, 25000)


def test_published_losses_of_stage_1():
    cfg = config('mrnet/gta2cs.py')
    source = objective(cfg, 'SourceSupervision')
    assert source.weights == dict(aux=0.5, main=1.)
    assert (source.loss.percentile, source.class_weights.max_weight) == (80., 7.)
    assert objective(cfg, 'AdversarialAlignment').weights == dict(aux=2e-4, main=1e-3)
    memory = objective(cfg, 'MemoryRegularization')
    assert (memory.weight, memory.begin) == (0.1, 15000)


def test_published_crops_of_both_stages():
    first, second = (config(f'mrnet/gta2cs{suffix}.py').train_dataloader.dataset for suffix in ('', '_rectified'))
    assert transform(first.source, 'HardSampleCrop').crop_size == (512, 1024)
    assert transform(second.source, 'HardSampleCrop').crop_size == (256, 512)
    assert transform(second.source, 'JitteredResize').scale == (1280, 640)


def test_batch_norm_affine_is_trained_in_the_second_stage_only():
    trained = [config(f'mrnet/{name}.py').model.segmentor.backbone.norm_cfg.requires_grad
               for name in ('gta2cs', 'gta2cs_stage2', 'gta2cs_rectified')]
    assert trained == [False, True, True]


def test_published_label_thresholds():
    thresholds = [config(f'mrnet/{task}_rectified.py').custom_hooks[1].labeler.get('threshold')
                  for task in ('gta2cs', 'synthia2cs', 'cs2robotcar')]
    assert thresholds == [None, 0.9, None]


def test_source_only_differs_from_mrnet_in_its_objectives_and_statistics_alone():
    for task in ('toy', 'camvid'):
        baseline, method = config(f'{task}/source_only.py'), config(f'{task}/mrnet.py')
        for key in ('train_dataloader', 'optim_wrapper', 'param_scheduler', 'train_cfg', 'randomness'):
            assert baseline[key] == method[key]
        assert baseline.model.segmentor == method.model.segmentor
        assert baseline.model.objectives[0] == method.model.objectives[0]
