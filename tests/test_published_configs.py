"""The shipped configs say what the papers' code did."""

import inspect
import itertools
from fnmatch import fnmatch

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope
from mmseg.registry import (
    DATASETS,
)
from PIL import Image

from mmuda.datasets.classes import SYNTHIA_16_CLASSES, class_names
from mmuda.datasets.transforms import CenteredMiningCrop, PackSoftLabels
from tests.helpers.published import write_dataset
from tests.helpers.shipped import METHODS, ROUNDS, config, nodes, objective, transform


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
