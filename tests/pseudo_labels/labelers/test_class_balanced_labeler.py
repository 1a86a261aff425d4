import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmseg.registry import TASK_UTILS

from mmuda.pseudo_labels import ClassBalancedLabeler
from tests.helpers.two_ranks import WORLD_SIZE, run_on_two_ranks

X = 255
TOP = [[0.90, 0.80, 0.70, 0.60, 0.55, 0.50, 0.45, 0.40], [0.10, 0.20, 0.30, 0.05, 0.25, 0.20, 0.15, 0.35]]
SECOND = [[0.05, 0.15, 0.20, 0.30, 0.35, 0.30, 0.40, 0.35], [0.60, 0.50, 0.45, 0.90, 0.40, 0.70, 0.55, 0.50]]


def three_classes() -> torch.Tensor:
    """(3, 2, 8); the first row is class 0, the second one class 1."""
    first, second = torch.tensor(TOP), torch.tensor(SECOND)
    return torch.stack([first, second, 1 - first - second])


def two_classes(first: list[float]) -> torch.Tensor:
    """(2, 1, n)."""
    first = torch.tensor([first])
    return torch.stack([first, 1 - first])


def fitted(images: list[torch.Tensor], **settings) -> ClassBalancedLabeler:
    labeler = ClassBalancedLabeler(**settings)
    labeler.begin(len(images[0]))
    for _ in range(labeler.num_passes):
        for image in images:
            labeler.observe(image)
        labeler.end_pass()
    return labeler


def label(image: torch.Tensor, **settings) -> list[list[int]]:
    return fitted([image], **settings)(image).label.tolist()


def thresholds(images: list[torch.Tensor], **settings) -> list[float]:
    return [round(value, 6) for value in fitted(images, **settings).thresholds.tolist()]


def prior() -> torch.Tensor:
    q = torch.full((3, 2, 8), 0.25)
    q[0, :, :4], q[0, :, 4:] = 0.5, 0.125
    return q


class TestCBST:
    @pytest.mark.parametrize(
        'portion, expected', [(0.2, [0, 0, 0]), (0.5, [0.9, 0.6, 0]), (0.7, [0.55, 0.4, 0]), (1, [0, 0, 0])]
    )
    def test_thresholds_per_class(self, portion, expected):
        assert thresholds([three_classes()], portion=portion) == expected

    @pytest.mark.parametrize(
        'portion, expected',
        [
            (0.2, [[X] * 8, [X] * 8]),
            (0.5, [[0] + [X] * 7, [1, X, X, 1, X, 1, X, X]]),
            (0.7, [[0, 0, 0, 0, 0, X, 1, X], [1] * 8]),  # .45/.40/.15 changes its class
            (1, [[X] * 8, [X] * 8]),
        ],
    )
    def test_labels(self, portion, expected):
        assert label(three_classes(), portion=portion) == expected

    def test_one_zero_per_seen_class_is_counted(self):
        assert fitted([three_classes()]).class_sizes.tolist() == [3, 3, 0]

    def test_images_share_the_zero(self):
        labeler = fitted([three_classes()] * 2, portion=0.5)
        assert labeler.class_sizes.tolist() == [5, 5, 0]
        assert labeler.thresholds.tolist() == pytest.approx([0.9, 0.6, 0])

    @pytest.mark.parametrize('portion, expected', [(0.2, 0.9), (0.5, 0.4), (0.7, 0)])
    def test_global_threshold(self, portion, expected):
        labeler = fitted([three_classes()], portion=portion, policy='global')
        assert labeler.thresholds.tolist() == pytest.approx([expected] * 3)
        assert labeler.class_sizes.tolist() == [8] * 3

    @pytest.mark.parametrize(
        'portion, expected',
        [(0.2, [[0] + [X] * 7, [X, X, X, 1, X, X, X, X]]), (0.5, [[0] * 8, [1] * 8]), (0.7, [[X] * 8, [X] * 8])],
    )
    def test_labels_by_a_global_threshold(self, portion, expected):
        assert label(three_classes(), portion=portion, policy='global') == expected

    def test_rank_zero_of_all_classes_together_is_the_smallest_value(self):
        labeler = fitted([two_classes([0.9])], portion=0.2, policy='global', prior=-torch.ones(2, 1, 1))
        assert labeler.class_sizes.tolist() == [4, 4]  # and floor(.2 * 4) is 0
        assert labeler.thresholds.tolist() == pytest.approx([-0.1, -0.1])

    @pytest.mark.parametrize('portion, expected', [(0.5, [0.45, 0.15, 0]), (0.7, [0.15, 0.15, 0])])
    def test_thresholds_with_prior(self, portion, expected):
        assert thresholds([three_classes()], portion=portion, prior=prior()) == expected

    @pytest.mark.parametrize(
        'portion, expected',
        [(0.5, [[0] + [X] * 7, [1, X, X, 1, X, 1, X, X]]), (0.7, [[0, 0, 0, 0, X, X, X, X], [1, X, 0, 1, X, 1, X, X]])],
    )
    def test_labels_with_prior(self, portion, expected):
        assert label(three_classes(), portion=portion, prior=prior()) == expected

    @pytest.mark.parametrize('portion, expected', [(0.3, 0.99), (0.5, 0.80), (0.8, 0.60)])
    def test_every_fourth_pixel_of_a_class_is_collected(self, portion, expected):
        image = two_classes([0.99, 0.95, 0.90, 0.85, 0.80, 0.75, 0.70, 0.65, 0.60])
        assert thresholds([image], portion=portion)[0] == expected

    @pytest.mark.parametrize('portion', [0.6, 0.4])
    def test_values_above_one_win_without_a_threshold(self, portion):
        assert label(two_classes([1.02, 0.9, 0.8, 0.7]), portion=portion) == [[0, X, X, X]]

    def test_the_lower_class_of_equal_ones_wins(self):
        image = two_classes([0.5, 0.6, 0.5, 0.4])
        assert thresholds([image], portion=0.7) == [0.5, 0.6]
        assert label(image, portion=0.7) == [[0, 0, 0, 1]]

    def test_a_class_of_a_single_pixel(self):
        image = torch.full((19, 1, 1), 0.01)
        image[18] = 0.82
        labeler = fitted([image], portion=0.5)
        assert labeler.class_sizes[18] == 2
        assert labeler(image).label.tolist() == [[18]]
        assert labeler.rare_classes().priority == list(range(18))

    @pytest.mark.parametrize('portion', [0.2, 0.5, 0.7, 1])
    def test_rare_classes(self, portion):
        rare = fitted([three_classes()], portion=portion).rare_classes()
        assert rare.smallest == [2, 0, 1] and rare.priority == [2]

    def test_rare_classes_of_a_global_threshold_are_arbitrary(self):
        rare = fitted([three_classes()], policy='global').rare_classes()
        assert rare.smallest == [0, 1, 2] and rare.priority == []


class TestOtherRules:
    def test_crst_adds_no_zero(self):
        labeler = fitted([three_classes()], portion=1, sampling='crst')
        assert labeler.class_sizes.tolist() == [2, 2, 0]
        assert labeler.thresholds_used.tolist() == pytest.approx([0.55, 0.4, 1])

    def test_paper_collects_all_pixels(self):
        assert fitted([three_classes()], sampling='paper').class_sizes.tolist() == [8, 8, 0]

    @pytest.mark.parametrize('portion, expected', [(0.01, 0.9), (0.3, 0.8), (1, 0.4)])
    def test_paper_takes_the_nearest_rank_and_at_least_one(self, portion, expected):
        assert thresholds([three_classes()], portion=portion, sampling='paper')[0] == expected

    def test_paper_portion_one_labels_every_pixel(self):
        image = three_classes()
        assert X not in fitted([image], portion=1, sampling='paper')(image).label

    def test_paper_rare_classes_are_those_of_the_pixels_for_a_global_threshold_too(self):
        rare = fitted([three_classes()], policy='global', sampling='paper').rare_classes()
        assert rare.priority == [2]

    @pytest.mark.parametrize('sampling, expected', [('cbst', -0.1), ('crst', 1), ('paper', 1)])
    def test_a_negative_threshold_stays_in_the_rule_of_cbst_only(self, sampling, expected):
        labeler = fitted([two_classes([0.9])], portion=1, sampling=sampling, prior=-torch.ones(2, 1, 1))
        assert labeler.thresholds[1] < 0
        assert labeler.thresholds_used.tolist() == pytest.approx([1, expected])


images = st.integers(0, 999).map(
    lambda seed: [
        image.mul(4).softmax(0) for image in torch.randn(3, 4, 6, 7, generator=torch.Generator().manual_seed(seed))
    ]
)
portions = st.floats(0.05, 1)


@given(images=images, portion=portions)
@settings(deadline=None, max_examples=20)
def test_global_labels_are_the_most_probable_classes(images, portion):
    labeler = fitted(images, portion=portion, policy='global')
    for image in images:
        got = labeler(image).label
        assert torch.equal(got[got != X], image.argmax(0).byte()[got != X])


@given(images=images, low=portions, high=portions)
@settings(deadline=None, max_examples=20)
def test_a_higher_portion_never_labels_less(images, low, high):
    low, high = (fitted(images, portion=portion, sampling='paper') for portion in sorted((low, high)))
    for image in images:
        assert ((low(image).label == X) | (high(image).label != X)).all()


@given(images=images, portion=portions)
@settings(deadline=None, max_examples=20)
def test_the_order_of_images_is_irrelevant(images, portion):
    forth, back = fitted(images, portion=portion), fitted(images[::-1], portion=portion)
    assert forth.summary() == back.summary()


@given(images=images, portion=portions)
@settings(deadline=None, max_examples=20)
def test_scaled_probabilities_give_the_same_labels(images, portion):
    image = images[0]
    full, half = (fitted([part], portion=portion, sampling='paper')(part).label for part in (image, image / 2))
    assert torch.equal(full, half)


@given(images=images, portion=portions)
@settings(deadline=None, max_examples=20)
def test_the_kept_portion_of_a_class_is_the_one_asked_for(images, portion):
    """Before classes are re-weighted; within one pixel."""
    labeler = fitted(images, portion=portion, sampling='paper')
    confidence, predicted = torch.stack(images).max(1)
    for index, threshold in enumerate(labeler.thresholds_used):
        values = confidence[predicted == index]
        if len(values):
            assert abs(int((values >= threshold).sum()) - portion * len(values)) <= 1


@pytest.mark.parametrize('sampling', ['cbst', 'paper'])
def test_images_worked_on_in_parts_give_the_same(monkeypatch, sampling):
    image = torch.randn(4, 9, 7, generator=torch.Generator().manual_seed(0)).softmax(0)
    expected = fitted([image], sampling=sampling, prior=image.flip(0)).summary()
    monkeypatch.setattr('mmuda.pseudo_labels.labelers.class_balanced_labeler.BLOCK', 15)  # two rows
    assert fitted([image], sampling=sampling, prior=image.flip(0)).summary() == expected


def test_confidence_is_the_highest_probability_without_prior_and_at_most_one():
    image = two_classes([1.02, 0.9, 0.8, 0.7])
    labeler = fitted([image], prior=torch.full((2, 1, 4), 0.5))
    torch.testing.assert_close(labeler(image).confidence, torch.tensor([[1.0, 0.9, 0.8, 0.7]]))


def test_images_may_differ_in_size():
    assert fitted([torch.rand(2, 3, 4), torch.rand(2, 5, 2)]).class_pixels.sum() == 22


def test_portion_may_be_set_between_rounds():
    labeler = fitted([three_classes()])
    labeler.portion = 0.5
    labeler.begin(3)
    for _ in range(labeler.num_passes):
        labeler.observe(three_classes())
        labeler.end_pass()
    assert labeler.thresholds.tolist() == pytest.approx([0.9, 0.6, 0])


def test_summary_survives_json_and_labels_the_same():
    image = three_classes()
    labeler = fitted([image], portion=0.7)
    other = ClassBalancedLabeler(0.7)
    other.load_summary(json.loads(json.dumps(labeler.summary())))
    assert torch.equal(other(image).label, labeler(image).label)
    assert other.summary() == labeler.summary()


def test_summary_names_the_smallest_classes_to_mine():
    found = fitted([three_classes()]).summary()
    assert found['mined_classes'] == dict(mine_ids=[2, 0, 1], priority_ids=[2])


def test_crst_mines_all_classes_of_a_small_share():
    found = fitted([three_classes()], sampling='crst', rare_share=0.6, rare_number=1).summary()
    assert sorted(found['mined_classes']['mine_ids']) == [0, 1, 2]
    assert found['mined_classes']['mine_ids'] == found['mined_classes']['priority_ids']


def test_summary_of_other_settings_is_refused():
    summary = fitted([three_classes()], portion=0.7).summary()
    with pytest.raises(ValueError, match='portion = 0.7, but it is 0.2 now'):
        ClassBalancedLabeler(0.2).load_summary(summary)


def test_is_built_from_a_config():
    labeler = TASK_UTILS.build(dict(type='ClassBalancedLabeler', portion=0.3, policy='global', sampling='paper'))
    assert (labeler.portion, labeler.policy, labeler.sampling) == (0.3, 'global', 'paper')


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(portion=0), r'portion must lie in \(0, 1\], got 0'),
        (dict(portion=1.5), r'portion must lie in \(0, 1\], got 1.5'),
        (dict(portion=float('nan')), r'portion must lie in \(0, 1\], got nan'),
        (dict(policy='classes'), r"policy = 'classes', expected one of \('class', 'global'\)"),
        (dict(sampling='all'), r"sampling = 'all', expected one of \('cbst', 'crst', 'paper'\)"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ClassBalancedLabeler(**settings)


def test_portion_out_of_range_is_refused_later_too():
    with pytest.raises(ValueError, match='portion must lie'):
        ClassBalancedLabeler().portion = 0


def test_prior_of_other_classes_is_refused():
    with pytest.raises(ValueError, match=r'shape \(2, 2, 8\), expected \(classes, height, width\) with 3 classes'):
        ClassBalancedLabeler(prior=np.ones((2, 2, 8))).begin(3)


def test_prior_of_another_size_is_refused_by_file_name(tmp_path):
    np.save(tmp_path / 'prior.npy', np.ones((3, 4, 4), np.float32))
    labeler = ClassBalancedLabeler(prior=tmp_path / 'prior.npy')
    labeler.begin(3)
    with pytest.raises(ValueError, match=r'prior.npy has \(H, W\) = \(4, 4\), expected \(2, 8\)'):
        labeler.observe(three_classes())


def test_nan_is_refused():
    image = three_classes()
    image[1, 0, 0] = float('nan')
    labeler = ClassBalancedLabeler()
    labeler.begin(3)
    with pytest.raises(ValueError, match='probabilities contain NaN'):
        labeler.observe(image)


def test_another_number_of_classes_is_refused():
    labeler = ClassBalancedLabeler()
    labeler.begin(4)
    with pytest.raises(ValueError, match=r'expected probabilities of shape \(4, H, W\), got \(3, 2, 8\)'):
        labeler.observe(three_classes())


def test_too_many_classes_are_refused():
    with pytest.raises(ValueError, match='at most 255 classes'):
        ClassBalancedLabeler().begin(256)


def test_labeling_before_the_passes_is_refused():
    labeler = ClassBalancedLabeler()
    labeler.begin(3)
    with pytest.raises(RuntimeError, match='no thresholds yet'):
        labeler(three_classes())


@pytest.mark.parametrize('labeler', [ClassBalancedLabeler(), fitted([three_classes()])], ids=['before', 'after'])
def test_passes_that_have_not_begun_or_are_over_are_refused(labeler):
    with pytest.raises(RuntimeError, match='outside of a pass'):
        labeler.observe(three_classes())
    with pytest.raises(RuntimeError, match='outside of a pass'):
        labeler.end_pass()


def stream() -> list[torch.Tensor]:
    return [image.softmax(0) for image in torch.randn(5, 3, 4, 6, generator=torch.Generator().manual_seed(0))]


def thresholds_on_rank(rank: int, world_size: int) -> list[torch.Tensor]:
    results = []
    for policy in ('class', 'global'):
        labeler = fitted(stream()[rank::world_size], portion=0.5, policy=policy)
        results += [labeler.thresholds, labeler.class_sizes, labeler.class_pixels]
    return results


def test_ranks_together_find_the_thresholds_of_one_process():
    expected = thresholds_on_rank(0, 1)
    for result in run_on_two_ranks(thresholds_on_rank, WORLD_SIZE):
        assert all(torch.equal(got, want) for got, want in zip(result, expected))
