"""CBST's data: label tables, crops, source selection, schedules (cases of golden/cbst)."""

from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS

import mmuda  # noqa: F401
from mmuda.datasets import label_maps, select_images
from mmuda.datasets.classes import CITYSCAPES_CLASSES, CROSS_CITY_CLASSES, SYNTHIA_16_CLASSES
from mmuda.datasets.transforms import RareClassCrop
from mmuda.datasets.transforms.rare_class_crop import RareClassCropDraw
from mmuda.engine.self_training.schedules import (
    LearningRateSchedule,
    PortionSchedule,
    iterations_per_epoch,
    num_selected,
    selection_seed,
)
from mmuda.pseudo_labels.thresholds.confident_images import class_confidences, confidence_score
from tests.helpers.golden import Case, assert_close, cases, each_case, each_row, each_variant, load_case
from tests.helpers.published import write_dataset
from tests.helpers.tiny import REPO

LOAD = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]
TASKS = dict(gta='gta2cs', synthia='synthia2cs')
SOURCE_IMAGES = dict(gta=24966, synthia=9400)  # lengths of the source lists, which the fixtures do not hold
GRID = slice(4, None, 8)  # rows and columns whose labels the loss reads
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture(autouse=True)
def mmseg_scope():
    init_default_scope('mmseg')


class Recorder(RareClassCrop):
    """Keeps what was drawn."""

    def draw(self, *args: Any) -> RareClassCropDraw:
        self.drawn = super().draw(*args)
        return self.drawn


def ids(case: Case, key: str, row: int) -> tuple[int, ...]:
    return tuple(int(index) for index in case[key][row] if index >= 0)


def assert_drawn(drawn: RareClassCropDraw, case: Case, row: int) -> None:
    box = (drawn.top, drawn.left, drawn.top + drawn.size, drawn.left + drawn.size)
    np.testing.assert_array_equal(box, case['out_box'][row])
    assert (drawn.target_size, drawn.size, drawn.border, drawn.mine, drawn.mined_class, drawn.flip) == tuple(
        case[f'out_{key}'][row] for key in ('target_size', 'crop_size', 'border', 'mine_flag', 'mined_class', 'flip')
    )


def protocol_table(classes: tuple[str, ...], raw_ids: dict[int, int]) -> np.ndarray:
    names = {raw: CITYSCAPES_CLASSES[train] for raw, train in raw_ids.items()}
    return label_maps.lookup_array({raw: classes.index(name) for raw, name in names.items() if name in classes})


def crop_of(case: Case, row: int, nominal_size: int, suffix: str = '') -> Recorder:
    return Recorder(
        crop_size=int(case['param_crop_size']),
        nominal_size=nominal_size,
        scale_range=tuple(case['param_scale_range']),
        mine_chance=float(case['param_mine_port']),
        mine_ids=ids(case, f'in_mine_ids{suffix}', row),
        priority_ids=ids(case, f'in_priority_ids{suffix}', row),
        mirror_label_grid=True,
    )


@each_row('cbst', 'mining_crop*', 'in_seed', without='*_fullsize*')
def test_mining_crop(case, row):
    kind = ('source', 'target')[case['in_domain'][row]]
    crop = crop_of(case, row, int(case['param_origin_size']))
    np.random.seed(case['in_seed'][row])
    results = crop(
        dict(
            img=case[f'in_{kind}_image'][:, :, ::-1], gt_seg_map=label_maps.CITYSCAPES.lookup[case[f'in_{kind}_label']]
        )
    )
    assert np.random.random_sample() == case['out_next_random'][row]
    assert_drawn(crop.drawn, case, row)
    np.testing.assert_array_equal(results['gt_seg_map'][GRID, GRID], case['out_grid_label'][row])
    for stored in np.flatnonzero(case['param_stored_crops'] == row):
        rgb = results['img'][:, :, ::-1] * np.float32(1 / 255)
        normalized = ((rgb.astype(np.float64) - MEAN) / STD).transpose(2, 0, 1)
        np.testing.assert_allclose(normalized, case['out_crop'][stored], rtol=0, atol=1e-6)


@pytest.mark.parametrize('name', cases('cbst', 'mining_crop*') + cases('cbst', 'loss_grid*'))
def test_nominal_size_is_the_longer_side_of_the_nominal_shape(name):
    case = load_case('cbst', name)  # the transform has one number for both
    np.testing.assert_array_equal(case['param_max_shape'].max(-1), case['param_origin_size'])


@each_case('cbst', 'mining_crop_fullsize*')
def test_mining_crop_fullsize(case):
    labels = {name: case[f'in_{name}_label'] for name in ('gta', 'synthia', 'cityscapes')}
    synthia16 = protocol_table(SYNTHIA_16_CLASSES, label_maps.SYNTHIA_IDS)
    tables = (label_maps.GTA.lookup, synthia16, label_maps.CITYSCAPES.lookup)
    for row, domain in enumerate(case['in_domain']):
        name, suffix = tuple(labels)[domain], '_synthia' if domain == 1 else ''
        label = tables[domain][labels[name]]
        crop = crop_of(case, row, int(case['param_origin_size'][domain]), suffix)
        np.random.seed(case['in_seed'][row])
        results = crop(dict(img=np.zeros((*label.shape, 3), np.uint8), gt_seg_map=label))
        assert np.random.random_sample() == case['out_next_random'][row]
        assert_drawn(crop.drawn, case, row)
        np.testing.assert_array_equal(results['gt_seg_map'][GRID, GRID], case['out_grid_label'][row])


@each_case('cbst', 'loss_grid*')
def test_crop_of_the_loss_fixture(case):
    for row, seed in enumerate(case['param_seed']):
        label = label_maps.CITYSCAPES.lookup[case['in_raw_label'][row]]
        settings = dict(
            crop_size=int(case['param_crop_size']),
            nominal_size=int(case['param_origin_size']),
            scale_range=tuple(case['param_scale_range']),
            mine_chance=0.0,
            mirror_label_grid=True,
        )
        got = {}
        for flip in (False, True):
            np.random.seed(seed)
            got[flip] = RareClassCrop(flip=flip, **settings)(
                dict(img=np.zeros((*label.shape, 3), np.uint8), gt_seg_map=label)
            )
        assert got[True]['flip'] == case['out_flip'][row]
        np.testing.assert_array_equal(got[False]['gt_seg_map'], case['out_crop_label'][row])
        np.testing.assert_array_equal(got[True]['gt_seg_map'][GRID, GRID], case['out_grid_label'][row])


def schedules(case: Case, kind: str) -> list[float]:
    schedule = PortionSchedule(
        *(float(case[f'param_{part}_{kind}_portion']) for part in ('init', 'step', 'max')), rule='cbst'
    )
    return [schedule(index) for index in range(int(case['param_num_round']))]


def shipped(case: Case) -> Config:
    return Config.fromfile(REPO / 'configs' / 'cbst' / f'{TASKS[str(case["param_dataset"])]}.py')


def published_text(values: list[float]) -> list[str]:
    return [f'{value:.12g}' for value in values]


@each_case('cbst', 'portion_schedule_*')
class TestPortionSchedule:
    @pytest.mark.parametrize('kind', ['target', 'source'])
    def test_portions(self, case, kind):
        got = schedules(case, kind)
        np.testing.assert_array_equal(got, case[f'out_{kind}_portion'])
        assert published_text(got) == case[f'out_{kind}_portion_text'].tolist()

    def test_learning_rates(self, case):
        schedule = LearningRateSchedule(float(case['param_base_lr']), rule='cbst')
        got = [schedule(index) for index in range(int(case['param_num_round']))]
        np.testing.assert_array_equal(got, case['out_lr'])
        assert published_text(got) == case['out_lr_text'].tolist()

    def test_samples_and_iterations(self, case):
        numbers = [
            num_selected(SOURCE_IMAGES[str(case['param_dataset'])], portion) for portion in schedules(case, 'source')
        ]
        samples = [number + int(case['param_num_target']) for number in numbers]
        np.testing.assert_array_equal(numbers, case['out_num_source_images'])
        np.testing.assert_array_equal(samples, case['out_num_samples'])
        np.testing.assert_array_equal(
            [iterations_per_epoch(number, int(case['param_batch_size']), 'cbst') for number in samples],
            case['out_iterations_per_epoch'],
        )

    def test_epochs_of_a_round(self, case):
        begin, end = case['out_begin_epoch'], case['out_end_epoch']
        assert set(end - begin) == {shipped(case).train_cfg.epochs} == {int(case['param_epochs_per_round'])}
        np.testing.assert_array_equal(begin[1:], end[:-1])  # each round continues where the last one ended

    def test_optimizer(self, case):
        optimizer = shipped(case).optim_wrapper.optimizer
        assert set(case['out_momentum']) == {optimizer.momentum}
        assert set(case['out_weight_decay']) == {optimizer.weight_decay}
        assert set(case['out_rescale_grad']) == {1.0}  # one device: the gradient of the mean, as ours

    def test_selected_images(self, case):
        num_images = SOURCE_IMAGES[str(case['param_dataset'])]
        rounds = case.starting_with('out_source_indices_round')
        assert rounds
        for index in map(int, rounds):
            seed = selection_seed(str(case['param_policy']), int(case['param_seed']), index, 'cbst')
            assert seed == case['out_seed'][index]
            np.testing.assert_array_equal(
                select_images(num_images, int(case['out_num_source_images'][index]), seed), rounds[str(index)]
            )


@each_case('cbst', 'source_subset*')
def test_source_subset(case):
    for index, (source, number, seed) in enumerate(
        zip(case['param_num_source'], case['param_num_selected'], case['param_seed'])
    ):
        np.testing.assert_array_equal(select_images(int(source), int(number), int(seed)), case[f'out_indices_{index}'])


def read(root, name: str, raw: np.ndarray, **options) -> np.ndarray:
    config = write_dataset(root, name, raw)
    return DATASETS.build(dict(config, pipeline=LOAD, **options))[0]['gt_seg_map']


@pytest.mark.parametrize(
    'task, source, classes',
    [('gta', 'GTADataset', CITYSCAPES_CLASSES), ('synthia', 'SynthiaDataset', SYNTHIA_16_CLASSES)],
)
@each_case('cbst', 'label_maps*')
class TestLabelMaps:
    @pytest.mark.parametrize('domain', ['source', 'target'])
    def test_files_are_read_as_published(self, tmp_path, case, task, source, classes, domain):
        name = source if domain == 'source' else 'CityscapesLabelIdsDataset'
        got = read(tmp_path, name, case['in_raw_label'], metainfo=dict(classes=classes))
        np.testing.assert_array_equal(got, case[f'out_{task}_{domain}_train_ids'])

    @pytest.mark.parametrize('domain', ['source', 'target'])
    def test_every_raw_id(self, tmp_path, case, task, source, classes, domain):
        name = source if domain == 'source' else 'CityscapesLabelIdsDataset'
        raw = np.arange(256, dtype=np.uint8).reshape(16, 16)
        got = read(tmp_path, name, raw, metainfo=dict(classes=classes))
        np.testing.assert_array_equal(got.ravel(), case[f'out_{task}_{domain}_table'])

    def test_class_to_label_id(self, case, task, source, classes):
        table = {
            raw: classes.index(CITYSCAPES_CLASSES[train])
            for raw, train in label_maps.CITYSCAPES_IDS.items()
            if CITYSCAPES_CLASSES[train] in classes
        }
        got = label_maps.label_ids(table)
        np.testing.assert_array_equal(got, case[f'out_{task}_class_to_label_id'])
        np.testing.assert_array_equal(np.sort(got), case[f'out_{task}_valid_label_ids'])

    def test_palette(self, case, task, source, classes):
        got = [label_maps.CITYSCAPES_PALETTE[CITYSCAPES_CLASSES.index(name)] for name in classes]
        np.testing.assert_array_equal(got, case[f'out_{task}_target_palette'][case[f'out_{task}_class_to_label_id']])


CROSS_CITY = {'13': 'CrossCityDataset', '19': 'CrossCity19Dataset'}


@each_variant('cbst', 'derived_class_subsets*', 'out_nthu_table_')
def test_cross_city_labels(tmp_path, case, suffix):
    name = CROSS_CITY[suffix]
    got = read(tmp_path / 'some', name, case['in_raw_label'])
    np.testing.assert_array_equal(got, case[f'out_nthu_labels_{suffix}'])
    raw = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(read(tmp_path / 'all', name, raw).ravel(), case[f'out_nthu_table_{suffix}'])


@each_case('cbst', 'derived_class_subsets*')
def test_cross_city_source_is_cityscapes_in_13_classes(tmp_path, case):
    got = read(
        tmp_path,
        'CityscapesLabelIdsDataset',
        case['in_raw_label'],
        metainfo=dict(classes=CROSS_CITY_CLASSES),
    )
    np.testing.assert_array_equal(got, case['out_nthu_labels_13'])


@each_case('cbst', 'derived_class_subsets*')
def test_class_subsets(case):
    names = CITYSCAPES_CLASSES
    np.testing.assert_array_equal([names.index(name) for name in CROSS_CITY_CLASSES], case['out_nthu_train_ids_of_19'])
    np.testing.assert_array_equal(label_maps.label_ids(label_maps.CROSS_CITY_IDS), case['out_nthu_label_ids'])
    np.testing.assert_array_equal(
        [SYNTHIA_16_CLASSES.index(name) for name in CROSS_CITY_CLASSES], case['out_synthia_13_of_16']
    )


@each_case('cbst', 'derived_confident_image_score*')
def test_confident_image_score(case):
    maps = torch.from_numpy(case['in_maps'])
    means = np.stack([class_confidences(image).numpy() for image in maps])
    assert_close(np.nan_to_num(means, nan=-1), case['out_class_mean'], 1e-12, 'class means')
    assert_close([confidence_score(image) for image in maps], case['out_score'], 1e-12, 'scores')
