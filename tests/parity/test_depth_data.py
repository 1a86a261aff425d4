"""Data of depth-aware adaptation: depth, photos, label tables, evaluation (golden/dada, golden/depdis)."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import init_default_scope
from PIL import Image

from mmuda.datasets import (
    Cityscapes7Dataset,
    CityscapesLabelIdsDataset,
    MapillaryDataset,
    Synthia7Dataset,
    SynthiaDataset,
)
from mmuda.datasets.classes import CITYSCAPES_CLASSES, SYNTHIA_16_CLASSES
from mmuda.datasets.seven_classes import SEVEN_CLASSES
from mmuda.datasets.transforms import FitAndPad, JitteredResize, LoadDepth
from mmuda.evaluation.confusion import confusion_matrix
from mmuda.evaluation.protocols import PROTOCOLS
from mmuda.evaluation.uda_iou_metric import UDAIoUMetric, iou_and_accuracy
from tests.helpers.golden import cases, each_case, each_variant, load_case, suffixes


@pytest.fixture(autouse=True)
def mmseg_scope():
    init_default_scope('mmseg')


def loaded(folder: Path, depth: np.ndarray) -> dict:
    for name in ('RGB', 'Depth'):
        (folder / name).mkdir()
    assert cv2.imwrite(str(folder / 'Depth' / '0000000.png'), depth)
    image = np.zeros((*depth.shape[:2], 3), np.uint8)
    return LoadDepth()(dict(img=image, img_path=str(folder / 'RGB' / '0000000.png')))


@each_variant('dada', 'depth_encoding*', 'param_size_wh_')
def test_inverse_depth_at_other_sizes(case, suffix, tmp_path):
    assert suffix in case['param_cases']
    results = loaded(tmp_path, case['in_depth_cm'])
    size = tuple(case[f'param_size_wh_{suffix}'].tolist())
    resized = JitteredResize(scale=size, ratio_range=None)(results)
    assert resized['depth'].dtype == np.float32
    np.testing.assert_array_equal(resized['depth'], case[f'out_inverse_depth_{suffix}'])


@each_case('dada', 'depth_encoding*')
def test_three_channels_are_refused_where_the_original_makes_gray_of_them(case, tmp_path):
    assert case['out_inverse_depth_three_equal_channels'].shape == case['in_depth_cm'].shape
    with pytest.raises(OSError, match='found 16 bits and 3 channels'):
        loaded(tmp_path, np.repeat(case['in_depth_cm'][..., None], 3, axis=-1))


@each_variant('dada', 'mapillary_geometry*', 'in_image_')
@pytest.mark.parametrize('label', ['resize', 'full'])
def test_photos_fitted_into_one_size(case, suffix, label):
    assert suffix in case['param_cases']
    table = np.arange(256, dtype=np.uint8)  # the original fills the label before, ours after ids are mapped
    table[case['param_label_fill']] = 255
    scale = tuple(case['param_target_wh'].tolist())
    image, ids = case[f'in_image_{suffix}'], case[f'in_label_{suffix}']
    results = FitAndPad(scale, label)(dict(img=image[..., ::-1].copy(), gt_seg_map=table[ids]))
    np.testing.assert_array_equal(results['img'][..., ::-1], case[f'out_image_{suffix}'])
    expected = case[f'out_label_{suffix}' if label == 'resize' else f'out_label_full_{suffix}']
    np.testing.assert_array_equal(results['gt_seg_map'], table[expected])
    assert results['ori_shape'] == expected.shape and results['img_shape'] == scale[::-1]


DATASETS_OF = {
    ('synthia', '16'): (SynthiaDataset, SYNTHIA_16_CLASSES),
    ('synthia', '7'): (Synthia7Dataset, SEVEN_CLASSES),
    ('cityscapes', '19'): (CityscapesLabelIdsDataset, CITYSCAPES_CLASSES),
    ('cityscapes', '16'): (CityscapesLabelIdsDataset, SYNTHIA_16_CLASSES),
    ('cityscapes', '7'): (Cityscapes7Dataset, SEVEN_CLASSES),
    ('mapillary', '7'): (MapillaryDataset, SEVEN_CLASSES),
}
SAME_NAME = dict(light='traffic light', sign='traffic sign', motocycle='motorcycle')  # ours are those of Cityscapes


def lookup_of(name: str, number: str) -> np.ndarray:
    dataset, classes = DATASETS_OF[name, number]
    own = dataset.METAINFO['classes']
    to_subset = np.full(256, 255, np.uint8)
    for index, class_name in enumerate(own):
        if class_name in classes:
            to_subset[index] = classes.index(class_name)
    return to_subset[dataset.LABEL_FORMAT.lookup]


def test_every_table_of_the_case_has_a_data_set():
    for name in cases('depdis', 'label_maps*'):
        case = load_case('depdis', name)
        numbers = {tuple(key.split('_')) for key in suffixes(case, 'out_') if 'vector' not in key}
        assert numbers == set(DATASETS_OF)


@each_case('depdis', 'label_maps*')
@pytest.mark.parametrize('name, number', DATASETS_OF)
def test_label_ids(case, name, number):
    lookup = lookup_of(name, number)
    label = Image.fromarray(case[f'in_{name}'])
    resized = np.asarray(label.resize(case['param_size_wh'].tolist(), Image.Resampling.NEAREST))
    np.testing.assert_array_equal(lookup[resized], case[f'out_{name}_{number}'])
    if f'out_{name}_vector_{number}' in case:
        vector = case[f'out_{name}_vector_{number}']
        # the last entry of Cityscapes' vectors belongs to id -1, which no file has
        ids = np.arange(len(vector) - (name == 'cityscapes'))
        np.testing.assert_array_equal(lookup[ids], vector[: len(ids)])
        assert vector[-1] == 255
    names = [SAME_NAME.get(given, given) for given in case[f'param_class_names_{number}'].tolist()]
    assert names == list(DATASETS_OF[name, number][1])


@each_variant('depdis', 'miou_protocol*', 'in_logits_')
def test_evaluation(case, suffix):
    classes = dict(zip(('16', '7'), (SYNTHIA_16_CLASSES, SEVEN_CLASSES)))[suffix]
    metric = UDAIoUMetric(protocols=dict(mIoU13='synthia13') if suffix == '16' else None)
    metric.dataset_meta = dict(classes=classes)
    logits, labels = case[f'in_logits_{suffix}'], case[f'in_label_{suffix}']
    confusion = 0
    for image_logits, label in zip(logits, labels):
        enlarged = F.interpolate(torch.from_numpy(image_logits)[None], label.shape, mode='bilinear', align_corners=True)
        prediction = enlarged[0].argmax(0, keepdim=True)
        target = torch.from_numpy(label)[None]
        confusion = confusion + confusion_matrix(prediction[0], target[0], len(classes), 255)
        sample = dict(pred_sem_seg=dict(data=prediction), gt_sem_seg=dict(data=target), img_path='a.png')
        metric.process(None, [sample])
    expected = case[f'out_confusion_{suffix}']
    assert np.abs(confusion[:, : len(classes)].numpy() - expected).max() <= 2
    iou, _ = iou_and_accuracy(expected)
    np.testing.assert_allclose(iou, case[f'out_iou_{suffix}'], rtol=1e-12)
    assert round(100 * float(np.nanmean(iou)), 2) == case[f'out_miou_percent_{suffix}']
    found = metric.evaluate(len(labels))
    assert found['mIoU'] == pytest.approx(float(case[f'out_miou_percent_{suffix}']), abs=0.05)
    if suffix == '16':
        excluded = case['param_excluded_for_13'].tolist()
        assert {classes[index] for index in excluded} == set(SYNTHIA_16_CLASSES) - set(PROTOCOLS['synthia13'])
        kept = np.delete(iou, excluded)
        assert 100 * np.nanmean(kept) == pytest.approx(float(case['out_miou_percent_13']), rel=1e-12)
        assert found['mIoU13'] == pytest.approx(float(case['out_miou_percent_13']), abs=0.05)
