"""Certainties of teachers: bytes, teacher_of_class, ranks (cases of golden/ensemble)."""

import numpy as np
import torch
import torch.nn.functional as F

from mmuda.pseudo_labels import (
    ChannelWiseLabeler,
    ClassCertainty,
    RankedCertainty,
    TeacherPredictions,
    certainties_of_bytes,
    certainty_bytes,
    teachers_by_certainty,
    unify_ranks,
)
from mmuda.pseudo_labels.ensemble.fusion import most_certain
from tests.helpers.golden import Case, each_case


def probabilities(case: Case, logits: np.ndarray) -> torch.Tensor:
    """Softmax of resized logits (..., C, H, W)."""
    resized = F.interpolate(torch.from_numpy(logits), case['param_size'].tolist(), mode='bilinear', align_corners=True)
    return resized.softmax(1)


@each_case('ensemble', 'certainty_bytes*')
class TestBytes:
    def test_bytes_of_probabilities(self, case):
        np.testing.assert_array_equal(certainty_bytes(torch.from_numpy(case['out_probability'])), case['out_bytes'])

    def test_predictions_from_logits(self, case):
        got = probabilities(case, case['in_logits'])
        np.testing.assert_allclose(got.permute(0, 2, 3, 1), case['out_probability'], rtol=1e-5)
        predictions = TeacherPredictions.from_probabilities(list(got))
        np.testing.assert_array_equal(predictions.labels, case['out_labels'])
        percent = 100 * case['out_probability'].astype(np.float64)
        clear = np.abs(percent - np.rint(percent)) > 1e-3
        assert clear.mean() > 0.9
        np.testing.assert_array_equal(
            predictions.certainties.permute(0, 2, 3, 1).numpy()[clear], case['out_bytes'][clear]
        )

    def test_reading_back(self, case):
        got = certainties_of_bytes(torch.from_numpy(case['out_bytes']), dim=-1)
        np.testing.assert_allclose(got, case['out_reloaded'], rtol=1e-6)


@each_case('ensemble', 'ownership_by_certainty*')
def test_teachers_by_certainty(case):
    num_teachers, num_images, num_classes = case['in_logits'].shape[:3]
    certainty = ClassCertainty(num_teachers, num_classes)
    for index in range(num_images):
        top, labels = probabilities(case, case['in_logits'][:, index]).max(1)
        certainty.update(labels, top)
    mean = certainty.mean()
    np.testing.assert_allclose(mean, case['out_mean_certainty'], rtol=1e-6, equal_nan=True)
    assert (
        teachers_by_certainty(mean)
        == tuple(case['out_owner'].tolist())
        == teachers_by_certainty(torch.from_numpy(case['out_mean_certainty']))
    )


@each_case('ensemble', 'ownership_by_certainty*')
def test_teachers_by_certainty_of_bytes(case):
    """As in production: a pass of the labeler over the bytes of all teachers."""
    num_teachers, num_images, num_classes = case['in_logits'].shape[:3]
    images = [probabilities(case, case['in_logits'][:, index]) for index in range(num_images)]
    labeler = ChannelWiseLabeler()
    labeler.begin(num_classes)
    for image in images:
        labeler.observe(TeacherPredictions.from_probabilities(list(image)))
    labeler.end_pass()
    arrays = np.stack([image.numpy() for image in images], axis=1)  # teachers, images, classes
    percent, labels = np.floor(np.float32(100) * arrays).max(2), arrays.argmax(2)
    means = np.array(
        [
            [
                percent[t][labels[t] == c].mean(dtype=np.float64) if (labels[t] == c).any() else np.nan
                for c in range(num_classes)
            ]
            for t in range(num_teachers)
        ]
    )
    found = np.array(labeler.summary()['mean_certainties'], dtype=np.float64)
    np.testing.assert_allclose(found, means, rtol=1e-12, equal_nan=True)
    # The published teachers are those of floating point: the same wherever it is a matter of more than a percent.
    best, second, third = np.sort(np.nan_to_num(case['out_mean_certainty'], nan=-1), axis=0)[:-4:-1]
    next_best = np.where(best == second, third, second)  # two teachers of the case are equal: the later one owns
    clear = (best - next_best > 0.01) | (best < 0)
    assert clear.sum() > num_classes // 2
    np.testing.assert_array_equal(np.array(labeler.teacher_of_class)[clear], case['out_owner'][clear])


@each_case('ensemble', 'rank_unification*')
class TestRanks:
    def test_delta(self, case):
        certainty = torch.from_numpy(case['in_certainty']).permute(0, 3, 1, 2)
        ranked = RankedCertainty(certainty.shape[1])
        ranked.update(certainty)
        np.testing.assert_allclose(ranked.mean(), case['in_delta'], rtol=1e-6)

    def test_certainties(self, case):
        certainty = torch.from_numpy(case['in_certainty']).permute(0, 3, 1, 2)
        got = unify_ranks(certainty, torch.from_numpy(case['in_delta']))
        np.testing.assert_allclose(got.permute(1, 2, 0), case['out_certainty'], rtol=1e-6)

    def test_labels(self, case):
        certainty = torch.from_numpy(case['in_certainty']).permute(0, 3, 1, 2)
        unified = unify_ranks(certainty, torch.from_numpy(case['in_delta']))
        best, second = np.sort(case['out_certainty'], axis=-1)[..., :-3:-1].transpose(2, 0, 1)
        clear = best - second > 1e-3  # elsewhere the order of summation decides
        for threshold, want in zip(case['param_thresholds'].tolist(), case['out_labels'], strict=True):
            got = most_certain(unified, threshold)[0].numpy()
            np.testing.assert_array_equal(got[clear], want[clear])
            np.testing.assert_array_equal(got == 255, want == 255)
        assert (~clear).sum() <= 4
