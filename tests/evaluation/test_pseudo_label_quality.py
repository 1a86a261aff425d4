import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmuda.evaluation.pseudo_label_quality import ExclusionQuality, PseudoLabelQuality

CLASSES = ('road', 'sky', 'car')


def random_image(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    label = rng.choice([0, 1, 2, 255], (6, 7)).astype(np.uint8)
    return label, rng.integers(0, 256, (6, 7), dtype=np.uint8), rng.choice([0, 1, 2, 255], (6, 7)).astype(np.uint8)


def report(*images: tuple[np.ndarray, ...], bins: int = 15) -> dict:
    quality = PseudoLabelQuality(len(CLASSES))
    for image in images:
        quality.update(*image)
    return quality.report(CLASSES, bins)


@given(seed=st.integers(0, 50))
def test_numbers_are_those_of_the_pixels(seed):
    label, _, truth = image = random_image(seed)
    got, known = report(image), truth != 255
    labeled = known & (label != 255)
    assert got['coverage'] == pytest.approx(labeled.sum() / known.sum())
    assert got['accuracy'] == pytest.approx((label == truth)[labeled].mean())
    of_sky = truth == 1
    assert got['classes']['sky']['pixels'] == of_sky.sum()
    assert got['classes']['sky']['coverage'] == pytest.approx(labeled[of_sky].mean())
    if (labeled & of_sky).any():
        assert got['classes']['sky']['accuracy'] == pytest.approx((label == 1)[labeled & of_sky].mean())
    if (labeled & (label == 1)).any():
        assert got['classes']['sky']['precision'] == pytest.approx((truth == 1)[labeled & (label == 1)].mean())


def test_images_add_up():
    one, two = random_image(0), random_image(1)
    together = tuple(np.concatenate(pair) for pair in zip(one, two))
    assert report(one, two) == report(together)


@given(seed=st.integers(0, 50))
def test_calibration_error_is_that_of_the_bins(seed):
    label, steps, truth = image = random_image(seed)
    labeled = (truth != 255) & (label != 255)
    confidence, right = steps[labeled] / 255, (label == truth)[labeled]
    places = np.minimum((confidence * 10).astype(int), 9)
    want = (
        sum(abs(confidence[places == place].sum() - right[places == place].sum()) for place in range(10))
        / labeled.sum()
    )
    assert report(image, bins=10)['ece'] == pytest.approx(want)


def test_labels_as_sure_as_they_are_right_are_calibrated():
    truth = np.zeros(10, np.uint8)
    label, confidence = np.uint8([0] * 8 + [1] * 2), np.full(10, 204, np.uint8)  # 204 / 255 = 0.8
    assert report((label, confidence, truth))['ece'] == pytest.approx(0, abs=1e-12)


def test_curve_takes_the_most_confident_first():
    curve = report((np.uint8([0, 0, 1, 255]), np.uint8([255, 128, 64, 255]), np.zeros(4, np.uint8)))
    curve = curve['accuracy_at_coverage']
    assert curve['coverage'] == [0.25, 0.5, 0.75]
    assert curve['accuracy'] == pytest.approx([1, 1, 2 / 3])
    assert curve['threshold'] == pytest.approx([1, 128 / 255, 64 / 255])


def test_nothing_labeled_has_no_accuracy():
    got = report((np.full((2, 2), 255, np.uint8), np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8)))
    assert (got['accuracy'], got['ece'], got['coverage']) == (None, None, 0.0)
    assert got['classes']['car'] == dict(pixels=0, coverage=None, accuracy=None, precision=None)


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match=r'shapes \(2,\), \(2,\), \(3,\)'):
        PseudoLabelQuality(3).update(np.zeros(2, np.uint8), np.zeros(2, np.uint8), np.zeros(3, np.uint8))


@given(seed=st.integers(0, 50))
def test_exclusions_are_wrong_where_they_exclude_the_true_class(seed):
    rng = np.random.default_rng(seed)
    masks, truth = rng.random((3, 6, 7)) < 0.4, rng.choice([0, 1, 2, 255], (6, 7)).astype(np.uint8)
    quality = ExclusionQuality(3)
    quality.update(masks, truth)
    got, known = quality.report(CLASSES), truth != 255
    wrong = sum((masks[index] & (truth == index)).sum() for index in range(3))
    assert got['coverage'] == pytest.approx(masks.any(0)[known].mean())
    assert got['accuracy'] == pytest.approx(1 - wrong / masks[:, known].sum())
    assert got['classes']['sky']['pixels'] == masks[1][known].sum()


def test_masks_of_other_classes_are_refused():
    with pytest.raises(ValueError, match=r'shapes \(2, 4\) and \(4,\), of 3 classes'):
        ExclusionQuality(3).update(np.zeros((2, 4), bool), np.zeros(4, np.uint8))
