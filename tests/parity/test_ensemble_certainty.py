"""Certainties of teachers: bytes, owners, ranks (cases of golden/ensemble)."""
import numpy as np
import torch
import torch.nn.functional as F

from mmuda.pseudo_labels import (
    ClassCertainty,
    RankedCertainty,
    RankUnificationLabeler,
    TeacherPredictions,
    certainties_of_bytes,
    certainty_bytes,
    owners_by_certainty,
    unify_ranks,
)
from mmuda.pseudo_labels.fusion import most_certain
from tests.parity.golden import load_case


def probabilities(case: dict[str, np.ndarray], logits: np.ndarray) -> torch.Tensor:
    """Softmax of resized logits (..., C, H, W)."""
    resized = F.interpolate(
        torch.from_numpy(logits), case['param_size'].tolist(), mode='bilinear', align_corners=True)
    return resized.softmax(1)


class TestBytes:

    def test_bytes_of_probabilities(self):
        case = load_case('ensemble', 'certainty_bytes')
        np.testing.assert_array_equal(certainty_bytes(torch.from_numpy(case['out_probability'])), case['out_bytes'])

    def test_predictions_from_logits(self):
        case = load_case('ensemble', 'certainty_bytes')
        got = probabilities(case, case['in_logits'])
        np.testing.assert_allclose(got.permute(0, 2, 3, 1), case['out_probability'], rtol=1e-5)
        predictions = TeacherPredictions.from_probabilities(list(got))
        np.testing.assert_array_equal(predictions.labels, case['out_labels'])
        percent = 100 * case['out_probability'].astype(np.float64)
        clear = np.abs(percent - np.rint(percent)) > 1e-3
        assert clear.mean() > .9
        np.testing.assert_array_equal(
            predictions.certainties.permute(0, 2, 3, 1).numpy()[clear], case['out_bytes'][clear])

    def test_reading_back(self):
        case = load_case('ensemble', 'certainty_bytes')
        got = certainties_of_bytes(torch.from_numpy(case['out_bytes']), dim=-1)
        np.testing.assert_allclose(got, case['out_reloaded'], rtol=1e-6)


def test_owners_by_certainty():
    case = load_case('ensemble', 'ownership_by_certainty')
    num_teachers, num_images, num_classes = case['in_logits'].shape[:3]
    certainty = ClassCertainty(num_teachers, num_classes)
    for index in range(num_images):
        top, labels = probabilities(case, case['in_logits'][:, index]).max(1)
        certainty.update(labels, top)
    mean = certainty.mean()
    np.testing.assert_allclose(mean, case['out_mean_certainty'], rtol=1e-6, equal_nan=True)
    assert owners_by_certainty(mean) == tuple(case['out_owner'].tolist()) == owners_by_certainty(
        torch.from_numpy(case['out_mean_certainty']))


class TestRanks:

    def test_delta(self):
        case = load_case('ensemble', 'rank_unification')
        certainty = torch.from_numpy(case['in_certainty']).permute(0, 3, 1, 2)
        ranked = RankedCertainty(certainty.shape[1])
        ranked.update(certainty)
        np.testing.assert_allclose(ranked.mean(), case['in_delta'], rtol=1e-6)

    def test_certainties(self):
        case = load_case('ensemble', 'rank_unification')
        certainty = torch.from_numpy(case['in_certainty']).permute(0, 3, 1, 2)
        got = unify_ranks(certainty, torch.from_numpy(case['in_delta']))
        np.testing.assert_allclose(got.permute(1, 2, 0), case['out_certainty'], rtol=1e-6)

    def test_labels(self):
        case = load_case('ensemble', 'rank_unification')
        certainty = torch.from_numpy(case['in_certainty']).permute(0, 3, 1, 2)
        unified = unify_ranks(certainty, torch.from_numpy(case['in_delta']))
        best, second = np.sort(case['out_certainty'], axis=-1)[..., :-3:-1].transpose(2, 0, 1)
        clear = best - second > 1e-3  # elsewhere the order of summation decides
        for threshold, want in zip(case['param_thresholds'].tolist(), case['out_labels'], strict=True):
            got = most_certain(unified, threshold)[0].numpy()
            np.testing.assert_array_equal(got[clear], want[clear])
            np.testing.assert_array_equal(got == 255, want == 255)
        assert (~clear).sum() <= 4

    def test_labeler_with_given_delta(self):
        case = load_case('ensemble', 'rank_unification')
        certainties = torch.from_numpy(case['in_certainty']).permute(0, 3, 1, 2).round().byte()
        labels = certainties.float().argmax(1).byte()
        threshold = float(case['param_thresholds'][-1])
        got, confidence = RankUnificationLabeler(case['in_delta'].tolist(), threshold)(
            TeacherPredictions(labels, certainties))
        want, certainty = most_certain(unify_ranks(certainties, torch.from_numpy(case['in_delta'])), threshold)
        assert torch.equal(got, want)
        torch.testing.assert_close(confidence, certainty / 100)
