"""Labels of Monte-Carlo dropout through the registered predictor and labelers; test_pseudo_labels.py has the rules."""

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS, TASK_UTILS

from mmuda.pseudo_labels import PassPredictions
from tests.helpers.golden import Case, assert_close, cases, load_case


class Replay:
    """Stands for the fusion of the two classifiers: recorded probabilities, pass by pass and view by view.

    Every second view is a mirror image. Of each the predictor asks twice, the second time at the temperature.
    """

    def __init__(self, case: Case) -> None:
        self.views, self.calls = int(case['param_views']), 0
        self.maps = [
            torch.from_numpy(case[key]) / self.views for key in ('in_sums', f'in_sums_temp{case["param_temperature"]}')
        ]

    def __call__(self, logits: dict[str, torch.Tensor]) -> torch.Tensor:
        view, warm = divmod(self.calls, len(self.maps))
        self.calls += 1
        probabilities = self.maps[warm][view // self.views]
        return probabilities.flip(-1) if view % 2 else probabilities


@pytest.fixture(scope='module', params=cases('mrnet', 'mc_dropout_labels*'))
def case(request) -> Case:
    return load_case('mrnet', request.param)


@pytest.fixture(scope='module')
def prediction(case) -> torch.Tensor:
    init_default_scope('mmseg')
    passes, _, num_classes, height, width = case['in_sums'].shape
    segmentor = MODELS.build(
        dict(
            type='EncoderDecoder',
            data_preprocessor=dict(type='UDADataPreprocessor'),
            backbone=dict(type='ResNet', depth=18, base_channels=2, stem_channels=2, out_indices=(0, 1)),
            decode_head=dict(
                type='DualClassifierHead', in_channels=(2, 4), branch_channels=32, channels=32, num_classes=num_classes
            ),
            test_cfg=ConfigDict(mode='whole'),
        )
    ).eval()
    segmentor.decode_head.fuse = replay = Replay(case)
    predictor = TASK_UTILS.build(
        dict(
            type='MCDropoutPredictor',
            passes=int(case['param_passes']),
            temperature=float(case['param_temperature']),
            scales=[1.0 + 0.25 * index for index in range(replay.views // 2)],
        )
    )
    got = predictor(segmentor, np.zeros((height, width, 3), np.uint8), 'image.png')
    assert replay.calls == 2 * passes * replay.views
    return got


def labels(case: Case, prediction: torch.Tensor, kind: str, **options) -> dict[str, np.ndarray]:
    settings = dict(type=kind, threshold=float(case['param_tau_pos']), **options)
    return TASK_UTILS.build(settings)(prediction[:3]).arrays()  # without those at the temperature


def test_probabilities(case, prediction):
    views, passes = int(case['param_views']), PassPredictions.of(prediction)
    assert_close(passes.mean.amax(0)[None] * views, case['out_prob'], 1e-6, 'prob')
    assert_close(passes.minimum.amax(0)[None] * views, case['out_min_prob'], 1e-6, 'min_prob')


def test_label_by_mean(case, prediction):
    got = labels(case, prediction, 'MeanPassLabeler')
    np.testing.assert_array_equal(got['label'][None], case['out_label_mean'])


@pytest.mark.parametrize('index', ['minimum', 'mean'])
def test_label_by_minimum(case, prediction, index):
    got = labels(case, prediction, 'MinimumPassLabeler', index=index)
    np.testing.assert_array_equal(got['label'][None], case['out_label_min'])


def test_labels_by_mean_and_deviation(case, prediction):
    got = labels(case, prediction, 'MeanStdPassLabeler', max_std=float(case['param_kappa_pos']))
    np.testing.assert_array_equal(got['label'][None], case['out_label_mean_std'])
    np.testing.assert_array_equal(got['mean_label'][None], case['out_label_mean'])
    assert_close(torch.from_numpy(got['std'])[None] * int(case['param_views']), case['out_std_at_label'], 2e-6, 'std')


def test_label_by_deviation_alone(case, prediction):
    labeler = TASK_UTILS.build(dict(type='MeanStdPassLabeler', threshold=0.0, max_std=float(case['param_kappa_pos'])))
    np.testing.assert_array_equal(labeler(prediction[:3]).label[None], case['out_label_std'])


def test_negative_labels(case, prediction):
    limits = dict(max_mean=float(case['param_tau_neg']), max_std=float(case['param_kappa_neg']))
    negative = TASK_UTILS.build(dict(type='NegativePassLabeler', **limits))(prediction).negative
    np.testing.assert_array_equal(negative.movedim(0, -1)[None], case['out_negative'])
