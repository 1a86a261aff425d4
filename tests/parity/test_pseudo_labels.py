"""Fusion of views into pseudo labels, disagreement of the heads, and labels of Monte-Carlo dropout."""

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from mmuda.pseudo_labels import ConfidenceLabeler, MultiViewPredictor, PassStatistics, disagreement
from mmuda.pseudo_labels.labelers.mc_dropout import certain_label, mean_label, min_label, negative_labels, std_at_label
from tests.helpers.golden import Case, assert_close, cases, load_case


class Replay:
    """Stands for a head's two classifiers: the recorded logits, view by view."""

    def __init__(self, case: Case) -> None:
        self.num_views = sum(key.startswith('in_aux_view') for key in case)
        self.case, self.view = case, 0

    def __call__(self, features: list[torch.Tensor]) -> dict[str, torch.Tensor]:
        self.view += 1
        return {head: torch.from_numpy(self.case[f'in_{head}_view{self.view}']) for head in ('aux', 'main')}


@pytest.fixture(scope='module', params=cases('mrnet', 'plabel_fusion*'))
def fusion(request) -> Case:
    return load_case('mrnet', request.param)


@pytest.fixture(scope='module')
def probabilities(fusion) -> torch.Tensor:
    """Mean over the views, through segmentor, head and predictor."""
    init_default_scope('mmseg')
    segmentor = MODELS.build(
        dict(
            type='EncoderDecoder',
            data_preprocessor=dict(type='UDADataPreprocessor'),
            backbone=dict(type='ResNet', depth=18, base_channels=2, stem_channels=2, out_indices=(0, 1)),
            decode_head=dict(
                type='DualClassifierHead',
                in_channels=(2, 4),
                branch_channels=32,
                channels=32,
                num_classes=int(fusion['param_num_classes']),
            ),
            test_cfg=ConfigDict(mode='whole'),
        )
    ).eval()
    replay = Replay(fusion)
    segmentor.decode_head.forward = replay
    height, width = fusion['param_output_size'].tolist()
    predictor = MultiViewPredictor(scales=[1.0 + 0.25 * i for i in range(replay.num_views // 2)])
    fused = predictor(segmentor, np.zeros((height, width, 3), np.uint8), '')
    assert replay.view == replay.num_views
    return fused


def test_fused_scores(fusion, probabilities):
    assert_close(probabilities[None] * Replay(fusion).num_views, fusion['out_score_sum'], 2e-6, 'scores')


def test_labels_without_threshold(fusion, probabilities):
    label = ConfidenceLabeler()(probabilities).label
    np.testing.assert_array_equal(label[None], fusion['out_label_none'])


def test_labels_with_threshold(fusion, probabilities):
    for threshold in fusion['param_thresholds'].tolist():
        label = ConfidenceLabeler(threshold)(probabilities).label
        np.testing.assert_array_equal(label[None], fusion[f'out_label_t{round(threshold * 10):02d}'])


def test_disagreement(fusion):
    aux, main = (torch.from_numpy(fusion[f'in_{head}_view1']) for head in ('aux', 'main'))
    assert_close(disagreement(aux, main), fusion['out_disagreement_view1'], 2e-6, 'disagreement')


class Passes:
    """Statistics of the recorded passes; the class is the first dimension."""

    def __init__(self, case: str) -> None:
        self.case = load_case('mrnet', case)
        assert len(self.case['in_sums']) == self.case['param_passes']
        self.plain = self._statistics('in_sums')
        self.warm = self._statistics(f'in_sums_temp{self.case["param_temperature"]}')

    def _statistics(self, key: str) -> PassStatistics:
        statistics = PassStatistics()
        for sums in torch.from_numpy(self.case[key]).transpose(1, 2):
            statistics.update(sums / self.views)
        return statistics

    @property
    def views(self) -> int:
        return int(self.case['param_views'])

    def setting(self, name: str) -> float:
        return float(self.case[f'param_{name}'])


@pytest.fixture(scope='module', params=cases('mrnet', 'mc_dropout_labels*'))
def passes(request) -> Passes:
    return Passes(request.param)


def test_mean_label(passes):
    got = mean_label(passes.plain.mean, passes.setting('tau_pos'))
    np.testing.assert_array_equal(got, passes.case['out_label_mean'])


def test_min_label(passes):
    got = min_label(passes.plain.minimum, passes.setting('tau_pos'))
    np.testing.assert_array_equal(got, passes.case['out_label_min'])


def test_probabilities_of_mean_and_minimum(passes):
    assert_close(passes.plain.mean.amax(0) * passes.views, passes.case['out_prob'], 1e-6, 'prob')
    assert_close(passes.plain.minimum.amax(0) * passes.views, passes.case['out_min_prob'], 1e-6, 'min_prob')


def test_label_of_mean_and_deviation(passes):
    got = certain_label(passes.plain.mean, passes.plain.std, passes.setting('tau_pos'), passes.setting('kappa_pos'))
    np.testing.assert_array_equal(got, passes.case['out_label_mean_std'])


def test_label_of_deviation_alone(passes):
    got = certain_label(passes.plain.mean, passes.plain.std, max_std=passes.setting('kappa_pos'))
    np.testing.assert_array_equal(got, passes.case['out_label_std'])


def test_deviation_at_the_label(passes):
    got = std_at_label(passes.plain.mean, passes.plain.std) * passes.views
    assert_close(got, passes.case['out_std_at_label'], 2e-6, 'std')


def test_negative_labels(passes):
    got = negative_labels(passes.warm.mean, passes.warm.std, passes.setting('tau_neg'), passes.setting('kappa_neg'))
    np.testing.assert_array_equal(got.movedim(0, -1), passes.case['out_negative'])
