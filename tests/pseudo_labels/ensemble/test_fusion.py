from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from mmuda.pseudo_labels.ensemble.fusion import channel_wise, count_claims, local_vote, majority_vote, mean_certainty

X = 255
# The hand-made example of two teachers and three classes; class 1 belongs to the second teacher.
TEACHER_OF_CLASS = (0, 1, 0)
LABELS = torch.tensor(
    [
        [[0, 0, 0, 1, 1], [0, 0, 2, 1, 1], [0, 2, 2, 2, 1], [2, 2, 2, 1, 1], [2, 2, 1, 1, 1]],
        [[0, 0, 1, 1, 1], [0, 1, 1, 1, 1], [0, 0, 1, 1, 2], [2, 0, 1, 1, 2], [2, 2, 2, 1, 2]],
    ],
    dtype=torch.uint8,
)


def example_certainties() -> torch.Tensor:
    """w of a teacher for its own label, half of the rest, rounded down, for the others."""
    own = torch.tensor([96, 92]).view(2, 1, 1).repeat(1, 5, 5)
    own[0, 2, 2], own[0, 3, 2], own[1, 1, 2], own[1, 4, 4] = 60, 88, 98, 50
    is_label = torch.arange(3).view(1, 3, 1, 1) == LABELS.unsqueeze(1)
    return torch.where(is_label, own.unsqueeze(1), (100 - own.unsqueeze(1)) // 2).byte()


def labels_of(*rows: list[int]) -> torch.Tensor:
    """(T, 1, N) of one row per teacher."""
    return torch.tensor(rows, dtype=torch.uint8).unsqueeze(1)


def random_case(
    seed: int, shape: tuple[int, int], num_teachers: int = 3, num_classes: int = 4
) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, num_classes, (num_teachers, *shape))
    labels[generator.random(labels.shape) < 0.1] = X
    certainties = generator.integers(0, 101, (num_teachers, num_classes, *shape))
    teacher_of_class = generator.integers(0, num_teachers, num_classes).tolist()
    return torch.from_numpy(labels).byte(), torch.from_numpy(certainties).byte(), teacher_of_class


def by_definition(
    labels: torch.Tensor, certainties: torch.Tensor, teacher_of_class: list[int], threshold: float, window: int
) -> tuple[np.ndarray, np.ndarray]:
    claims = np.stack([labels[teacher].numpy() == c for c, teacher in enumerate(teacher_of_class)]).astype(float)
    planes = np.stack([certainties[teacher, c].numpy() for c, teacher in enumerate(teacher_of_class)]).astype(float)
    size = (1, window, window)
    votes, means = (uniform_filter(maps, size, mode='constant').round(9) for maps in (claims, planes))
    single = claims.sum(0) == 1
    label = np.where(single, claims.argmax(0), votes.argmax(0))
    confidence = np.take_along_axis(np.where(single, planes, means), label[None], 0)[0]
    return np.where(confidence >= threshold, label, X), confidence


class TestMajority:
    @pytest.mark.parametrize(
        'votes, expected',
        [([3, 2, 3], 3), ([3, 2, 1], 1), ([2, 2, 1, 1], 1), ([X, X, 4], 4), ([X, X, X], 0), ([254, 254, X], 254)],
    )
    def test_label(self, votes, expected):
        assert majority_vote(labels_of(*([vote] for vote in votes)))[0].tolist() == [[expected]]

    @pytest.mark.parametrize('votes, expected', [([3, 2, 3], 2), ([1, 2, 3], 1), ([X, X, X], 0)])
    def test_number_of_votes(self, votes, expected):
        assert majority_vote(labels_of(*([vote] for vote in votes)))[1].tolist() == [[expected]]

    def test_example(self):
        assert majority_vote(LABELS)[0].tolist() == [
            [0, 0, 0, 1, 1],
            [0, 0, 1, 1, 1],
            [0, 0, 1, 1, 1],
            [2, 0, 1, 1, 1],
            [2, 2, 1, 1, 1],
        ]

    def test_most_teachers(self):
        labels, votes = majority_vote(torch.full((127, 1, 1), 254, dtype=torch.uint8))
        assert (labels.item(), votes.item()) == (254, 127)

    @pytest.mark.parametrize(
        'labels, message',
        [
            (torch.zeros(128, 1, 1, dtype=torch.uint8), 'at most 127 teachers, got 128'),
            (torch.zeros(0, 1, 1, dtype=torch.uint8), 'at least one teacher'),
            (torch.zeros(2, 1, 1), 'uint8'),
        ],
    )
    def test_other_input_is_refused(self, labels, message):
        with pytest.raises(ValueError, match=message):
            majority_vote(labels)


class TestMeanCertainty:
    @pytest.mark.parametrize('certainties, expected', [((91, 89), 1), ((90, 89), X)])
    def test_a_mean_of_the_threshold_is_kept(self, certainties, expected):
        maps = torch.tensor([[5, c] for c in certainties], dtype=torch.uint8)[..., None, None]
        assert mean_certainty(maps, 90)[0].tolist() == [[expected]]

    @pytest.mark.parametrize('threshold', [75, 90])
    def test_example(self, threshold):
        assert mean_certainty(example_certainties(), threshold)[0].tolist() == [
            [0, 0, X, 1, 1],
            [0, X, X, 1, 1],
            [0, X, X, X, X],
            [2, X, X, 1, X],
            [2, 2, X, 1, X],
        ]

    @pytest.mark.parametrize('num_teachers, num_classes', [(3, 1), (4, 19), (1, 255), (20, 150)])
    @pytest.mark.parametrize('highest', [100, 1])
    def test_first_class_of_the_highest_sum(self, num_teachers, num_classes, highest):
        generator = torch.Generator().manual_seed(0)
        maps = torch.randint(highest + 1, (num_teachers, num_classes, 3, 5), generator=generator, dtype=torch.uint8)
        maps[:, -1, 0, 0] = 100
        sums = maps.int().sum(0).numpy()
        labels, confidence = mean_certainty(maps, 0)
        np.testing.assert_array_equal(labels, sums.argmax(0))
        np.testing.assert_allclose(confidence, sums.max(0) / num_teachers, rtol=1e-6)

    def test_an_image_of_several_blocks(self, monkeypatch):
        _, certainties, _ = random_case(0, (7, 5))
        whole = mean_certainty(certainties, 50)
        monkeypatch.setattr('mmuda.pseudo_labels.ensemble.fusion.BLOCK', 10)
        for got, want in zip(mean_certainty(certainties, 50), whole):
            assert torch.equal(got, want)

    def test_nan_is_refused(self):
        with pytest.raises(ValueError, match='NaN'):
            mean_certainty(torch.full((2, 3, 1, 1), torch.nan))

    @pytest.mark.parametrize('as_type', [torch.uint8, torch.float32])
    def test_mean_is_over_the_teachers_that_know_the_class(self, as_type):
        maps = torch.tensor([[10, 90], [10, 90], [9, 90], [100, 0]], dtype=as_type)[..., None, None]
        known = torch.tensor([[True, True]] * 3 + [[True, False]])
        labels, confidence = mean_certainty(maps, 90, known)
        assert (labels.item(), confidence.item()) == (1, 90)
        assert mean_certainty(maps, 90.01, known)[0].item() == X

    @pytest.mark.parametrize('as_type', [torch.uint8, torch.float32])
    def test_class_that_no_teacher_knows_is_no_label(self, as_type):
        maps = torch.zeros(2, 3, 1, 1, dtype=as_type)
        known = torch.tensor([[False, False, True]] * 2)
        assert mean_certainty(maps, 0, known)[0].item() == 2

    @pytest.mark.parametrize(
        'known', [torch.ones(3, 2).bool(), torch.ones(2, 3), torch.zeros(2, 3).bool()], ids=['shape', 'type', 'nobody']
    )
    def test_other_tables_of_known_classes_are_refused(self, known):
        with pytest.raises(ValueError, match=r'expected known \(2, 3\), \(teachers, classes\), of type bool and with'):
            mean_certainty(torch.zeros(2, 3, 1, 1).byte(), known=known)

    def test_numbers_beyond_integers_are_refused(self):
        known = torch.arange(60)[:, None] <= torch.arange(60)  # class c is known to c + 1 of 60 teachers
        with pytest.raises(ValueError, match='differ too much among the classes'):
            mean_certainty(torch.zeros(60, 60, 1, 1).byte(), known=known)


class TestChannelWise:
    def test_certainty_of_the_example(self):
        confidence = channel_wise(LABELS, example_certainties(), TEACHER_OF_CLASS)[1]
        torch.testing.assert_close(
            confidence,
            torch.tensor(
                [
                    [96, 96, 34.32, 92, 92],
                    [96, 34.48, 42.16, 92, 92],
                    [96, 96, 47.32, 46.52, 42.20],
                    [96, 96, 35.96, 92, 31.16],
                    [96, 96, 29.52, 92, 19.88],
                ]
            ),
        )

    @pytest.mark.parametrize(
        'threshold, expected',
        [
            (0, [[0, 0, 1, 1, 1], [0, 1, 1, 1, 1], [0, 2, 1, 1, 1], [2, 2, 1, 1, 1], [2, 2, 2, 1, 1]]),
            (30, [[0, 0, 1, 1, 1], [0, 1, 1, 1, 1], [0, 2, 1, 1, 1], [2, 2, 1, 1, 1], [2, 2, X, 1, X]]),
            (90, [[0, 0, X, 1, 1], [0, X, X, 1, 1], [0, 2, X, X, X], [2, 2, X, 1, X], [2, 2, X, 1, X]]),
        ],
    )
    def test_labels_of_the_example(self, threshold, expected):
        assert channel_wise(LABELS, example_certainties(), TEACHER_OF_CLASS, threshold)[0].tolist() == expected

    def test_claims_of_the_example(self):
        assert count_claims(LABELS, TEACHER_OF_CLASS).tolist() == [
            [1, 1, 2, 1, 1],
            [1, 2, 2, 1, 1],
            [1, 1, 2, 2, 0],
            [1, 1, 2, 1, 0],
            [1, 1, 0, 1, 0],
        ]

    def test_nobody_claims(self):
        labels = torch.tensor([2, 0], dtype=torch.uint8).view(2, 1, 1).expand(2, 6, 6)
        certainties = torch.full((4, 6, 6), 10, dtype=torch.uint8)
        certainties[0] = 40
        got, _ = channel_wise(labels, certainties, (0, 0, 1, 1), threshold=15)
        corners = got[::5, ::5]
        assert corners.unique().tolist() == [X] and (got == X).sum() == 4 and got[1:5].unique().tolist() == [0]

    def test_two_claims_everywhere_lower_class_wins_away_from_the_border(self):
        labels = torch.tensor([1, 3], dtype=torch.uint8).view(2, 1, 1).expand(2, 6, 6)
        certainties = torch.tensor([0, 95, 0, 99], dtype=torch.uint8).view(4, 1, 1).expand(4, 6, 6)
        got, _ = channel_wise(labels, certainties, (0, 0, 1, 1), threshold=90)
        assert got[2:4, 2:4].unique().tolist() == [1] and (got == X).sum() == 32

    def test_no_label_claims_nothing(self):
        assert count_claims(labels_of([X, 0], [1, X]), (0, 1)).tolist() == [[1, 1]]

    def test_windows_whose_sums_need_more_than_a_byte(self):
        labels = torch.zeros(1, 41, 41, dtype=torch.uint8)
        assert local_vote(labels + 1, (0, 0), 35).unique().tolist() == [1]

    @pytest.mark.parametrize(
        'settings, message',
        [
            (dict(window=4), 'window must be an odd positive number of pixels, got 4'),
            (dict(window=-1), 'window must be an odd'),
            (dict(tile=0), 'tile must be positive or None, got 0'),
            (
                dict(teacher_of_class=(0, 1)),
                "2 entries, expected one for each of the 3 classes, those of .'class 2'. are missing",
            ),
            (dict(teacher_of_class=(0, 1, 2)), r'gives class 2 to the unknown teacher 2, expected 0\.\.1'),
            (dict(certainties=torch.zeros(3, 3, 5, 5, dtype=torch.uint8)), r'for labels \(2, 5, 5\)'),
            (dict(certainties=torch.zeros(3, 5, 4, dtype=torch.uint8)), r'for labels \(2, 5, 5\)'),
        ],
    )
    def test_other_input_is_refused(self, settings, message):
        with pytest.raises(ValueError, match=message):
            channel_wise(
                **{
                    **dict(labels=LABELS, certainties=example_certainties(), teacher_of_class=TEACHER_OF_CLASS),
                    **settings,
                }
            )


shapes = st.tuples(st.integers(1, 12), st.integers(1, 12))
windows = st.integers(0, 5).map(lambda half: 2 * half + 1)
seeds = st.integers(0, 999)


@given(seed=seeds, shape=shapes, window=windows, tile=st.integers(1, 9))
@settings(deadline=None, max_examples=60)
def test_tiles_with_halo_equal_the_whole_image(seed, shape, window, tile):
    case = random_case(seed, shape)
    for got, want in zip(channel_wise(*case, 50, window, tile), channel_wise(*case, 50, window, tile=None)):
        assert torch.equal(got, want)


@given(seed=seeds, shape=shapes, window=windows, threshold=st.integers(0, 100))
@settings(deadline=None, max_examples=60)
def test_channel_wise_equals_its_definition(seed, shape, window, threshold):
    labels, certainties, teacher_of_class = random_case(seed, shape)
    want, confidence = by_definition(labels, certainties, teacher_of_class, threshold, window)
    got = channel_wise(labels, certainties, teacher_of_class, threshold, window)
    np.testing.assert_array_equal(got[0], want)
    np.testing.assert_allclose(got[1], confidence, rtol=1e-6, atol=1e-9)


@given(seed=seeds, num_teachers=st.integers(1, 12), threshold=st.integers(0, 100))
@settings(deadline=None, max_examples=60)
def test_mean_certainty_equals_its_definition(seed, num_teachers, threshold):
    _, certainties, _ = random_case(seed, (3, 4), num_teachers, num_classes=6)
    known = torch.from_numpy(np.random.default_rng(seed).random((num_teachers, 6)) < 0.6)
    known[0, 0] = True
    certainties *= known[..., None, None]
    means = np.array(
        [
            [[Fraction(int(pixel), max(1, int(number))) if number else Fraction(-1) for pixel in row] for row in plane]
            for plane, number in zip(certainties.int().sum(0), known.sum(0))
        ]
    )
    labels, confidence = mean_certainty(certainties, threshold, known)
    np.testing.assert_array_equal(labels, np.where(means.max(0) >= threshold, means.argmax(0), X))
    np.testing.assert_allclose(confidence, means.max(0).astype(float), rtol=1e-6)


@given(seed=seeds, shape=shapes)
@settings(deadline=None, max_examples=20)
def test_the_certainties_of_each_class_by_its_teacher_are_enough(seed, shape):
    labels, certainties, teacher_of_class = random_case(seed, shape)
    planes = torch.stack([certainties[teacher, c] for c, teacher in enumerate(teacher_of_class)])
    for got, want in zip(
        channel_wise(labels, planes, teacher_of_class, 50), channel_wise(labels, certainties, teacher_of_class, 50)
    ):
        assert torch.equal(got, want)


@given(seed=seeds, shape=shapes)
@settings(deadline=None, max_examples=20)
def test_majority_equals_its_definition(seed, shape):
    labels, _, _ = random_case(seed, shape)
    votes = np.stack([(labels.numpy() == c).sum(0) for c in range(4)])
    got = majority_vote(labels)
    np.testing.assert_array_equal(got[0], votes.argmax(0))
    np.testing.assert_array_equal(got[1], votes.max(0))
