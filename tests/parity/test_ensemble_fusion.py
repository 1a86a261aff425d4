"""Fusion of teachers against the authors' implementation (cases of golden/ensemble)."""

import numpy as np
import pytest
import torch

from mmuda.pseudo_labels import ChannelWiseLabeler, MajorityLabeler, MeanCertaintyLabeler, TeacherPredictions
from mmuda.pseudo_labels.ensemble.class_teachers import GTA5_TEACHERS, SYNTHIA16_TEACHERS
from mmuda.pseudo_labels.ensemble.fusion import channel_wise, count_claims, local_vote, majority_vote, mean_certainty
from tests.helpers.golden import Case, assert_close, each_case


def inputs(case: Case) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels (T, H, W) and certainties (T, C, H, W)."""
    return torch.from_numpy(case['in_labels']), torch.from_numpy(case['in_certainty']).permute(0, 3, 1, 2)


def equal(got: torch.Tensor, want: np.ndarray) -> None:
    assert got.dtype == torch.uint8
    np.testing.assert_array_equal(got, want)


@each_case('ensemble', 'fusion_majority_*')
class TestMajority:
    def test_labels_and_votes(self, case):
        labels, votes = majority_vote(inputs(case)[0])
        equal(labels, case['out_labels'])
        equal(votes, case['out_votes'])

    def test_labeler(self, case):
        planes = MajorityLabeler()(TeacherPredictions(*inputs(case)))
        labels, confidence = planes.label, planes.confidence
        equal(labels, case['out_labels'])
        assert_close(confidence, case['out_votes'] / len(case['in_labels']), 1e-6)


@pytest.mark.parametrize('as_type', [torch.uint8, torch.float32])
@each_case('ensemble', 'fusion_certainty_*')
def test_mean_certainty(case, as_type):
    for threshold, want in zip(case['param_thresholds'].tolist(), case['out_labels'], strict=True):
        labels, confidence = mean_certainty(inputs(case)[1].to(as_type), threshold)
        equal(labels, want)
        np.testing.assert_allclose(confidence, case['out_confidence'], rtol=1e-6)


@each_case('ensemble', 'fusion_certainty_*')
def test_mean_certainty_labeler(case):
    for threshold, want in zip(case['param_thresholds'].tolist(), case['out_labels'], strict=True):
        planes = MeanCertaintyLabeler(threshold)(TeacherPredictions(*inputs(case)))
        labels, confidence = planes.label, planes.confidence
        equal(labels, want)
        np.testing.assert_allclose(confidence, case['out_confidence'] / 100, rtol=1e-6)


@each_case('ensemble', 'fusion_channelwise_*')
class TestChannelWise:
    @pytest.mark.parametrize('tile', [None, 7])
    @pytest.mark.parametrize('as_type', [torch.uint8, torch.float32])
    def test_labels_and_confidence(self, case, as_type, tile):
        labels, certainties = inputs(case)
        teacher_of_class = case['param_owner'].tolist()
        for i, window in enumerate(case['param_windows'].tolist()):
            for j, threshold in enumerate(case['param_thresholds'].tolist()):
                fused, confidence = channel_wise(
                    labels, certainties.to(as_type), teacher_of_class, threshold, window, tile
                )
                equal(fused, case['out_labels'][i, j])
                np.testing.assert_allclose(confidence, case['out_confidence'][i], rtol=1e-6)

    def test_labeler_with_the_planes_of_the_owners(self, case):
        labels, certainties = inputs(case)
        teacher_of_class = tuple(case['param_owner'].tolist())
        planes = torch.stack([certainties[teacher, c] for c, teacher in enumerate(teacher_of_class)])
        predictions = TeacherPredictions(labels, planes, teacher_of_class)
        for i, window in enumerate(case['param_windows'].tolist()):
            for j, threshold in enumerate(case['param_thresholds'].tolist()):
                planes = ChannelWiseLabeler(teacher_of_class, threshold, window)(predictions)
                fused, confidence = planes.label, planes.confidence
                equal(fused, case['out_labels'][i, j])
                np.testing.assert_allclose(confidence, case['out_confidence'][i] / 100, rtol=1e-6)

    def test_claims(self, case):
        equal(count_claims(inputs(case)[0], case['param_owner'].tolist()), case['out_claims'])

    def test_local_vote(self, case):
        for window, want in zip(case['param_windows'].tolist(), case['out_local_vote'], strict=True):
            equal(local_vote(inputs(case)[0], case['param_owner'].tolist(), window), want)

    def test_list_of_teachers_is_the_table(self, case):
        assert dict(case['param_owner_list'].tolist()) == dict(enumerate(case['param_owner'].tolist()))


PUBLISHED = {len(table): table for table in (GTA5_TEACHERS, SYNTHIA16_TEACHERS)}


@each_case('ensemble', 'fusion_channelwise_*')
def test_published_tables(case):
    teacher_of_class = case['param_owner'].tolist()
    assert list(PUBLISHED[len(teacher_of_class)]) == teacher_of_class
