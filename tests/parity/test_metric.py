"""Confusion matrix and IoU protocols against the authors' evaluation script."""

import numpy as np
import torch

from mmuda.datasets.classes import CITYSCAPES_CLASSES
from mmuda.evaluation import UDAIoUMetric
from mmuda.evaluation.confusion import confusion_matrix
from mmuda.evaluation.protocols import protocol_indices
from mmuda.evaluation.uda_iou_metric import iou_and_accuracy
from tests.helpers.golden import Case, assert_close, each_variant, load_case

SOURCES = {
    '19': ('in_gt_ids', 'in_pred19', 'cityscapes'),
    '16': ('in_gt_ids', 'in_pred16', 'cityscapes'),
    '9': ('in_robot_gt_rgba', 'in_robot_pred', 'robotcar'),
}


def labels_and_predictions(case: Case, protocol: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Train ids and predictions of all images, (N, H, W) each."""
    label_key, prediction_key, table = SOURCES[protocol]
    ids = case[label_key]
    if ids.ndim == 4:  # RGBA, the id is in the first channel
        ids = ids[..., 0]
    maps = load_case('mrnet', 'label_maps')
    table = dict(zip(maps['in_ids'].ravel(), maps[f'out_eval_{table}'].ravel()))
    return torch.from_numpy(np.vectorize(table.get)(ids)), torch.from_numpy(case[prediction_key])


@each_variant('mrnet', 'confusion_miou*', 'out_hist_')
def test_confusion_matrix_and_iou(case, suffix):
    labels, predictions = labels_and_predictions(case, suffix)
    want = case[f'out_hist_{suffix}']
    matrix = sum(confusion_matrix(p, y, len(want)) for p, y in zip(predictions, labels)).numpy()
    assert np.array_equal(matrix[:, :-1], want)
    assert not matrix[:, -1].any()
    iou, _ = iou_and_accuracy(matrix)
    absent = np.isnan(case[f'out_iou_{suffix}'])
    assert np.array_equal(np.isnan(iou), absent)
    assert_close(iou[~absent], case[f'out_iou_{suffix}'][~absent], 1e-12, 'IoU')


@each_variant('mrnet', 'confusion_miou*', 'param_classes')
def test_synthia_presets_are_the_fixture_s_classes(case, suffix):
    indices = protocol_indices('mIoU', f'synthia{suffix}', list(CITYSCAPES_CLASSES))
    assert indices == case[f'param_classes{suffix}'].tolist()


@each_variant('mrnet', 'confusion_miou*', 'out_hist_')
def test_metric_values(case, suffix):
    labels, predictions = labels_and_predictions(case, suffix)
    protocols, want = None, {}
    if suffix == '16':
        protocols = {f'mIoU{n}': case[f'param_classes{n}'].tolist() for n in (16, 13)}
        want = {key: round(100 * float(case[f'out_{key.lower()}']), 2) for key in protocols}
    want['mIoU'] = float(case[f'out_printed_miou_{suffix}'])
    if f'out_miou{suffix}' in case and suffix != '16':
        assert round(100 * float(case[f'out_miou{suffix}']), 2) == want['mIoU']
    metric = UDAIoUMetric(protocols=protocols)
    metric.dataset_meta = dict(classes=[str(c) for c in range(len(case[f'out_hist_{suffix}']))])
    metric.process(
        {}, [dict(pred_sem_seg=dict(data=p[None]), gt_sem_seg=dict(data=y[None])) for p, y in zip(predictions, labels)]
    )
    got = metric.evaluate(len(labels))
    assert {key: got[key] for key in want} == want
