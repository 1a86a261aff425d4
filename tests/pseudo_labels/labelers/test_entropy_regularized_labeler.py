import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from mmuda.pseudo_labels import EntropyRegularizedLabeler, lrent_kept, lrent_soft_labels, lrent_targets
from mmuda.pseudo_labels.predictors.cached_logits import crop_of_resized

THRESHOLDS = torch.tensor([0.9, 0.5, 0.3])


def maps(seed: int) -> torch.Tensor:
    return torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(seed)).mul(3).softmax(0)


def pixel(*probabilities: float) -> torch.Tensor:
    return torch.tensor(probabilities).view(-1, 1, 1)


def labeler(thresholds: torch.Tensor) -> EntropyRegularizedLabeler:
    result = EntropyRegularizedLabeler()
    nothing = [0] * len(thresholds)
    result.load_summary(
        dict(result.settings(), thresholds=thresholds.tolist(), class_sizes=nothing, class_pixels=nothing)
    )
    return result


@pytest.mark.parametrize('alpha', [0.01, 0.25, 1, 10])
def test_soft_labels_are_distributions(alpha):
    soft = lrent_soft_labels(maps(0), THRESHOLDS, alpha)
    assert (soft >= 0).all()
    torch.testing.assert_close(soft.sum(0), torch.ones(4, 5))


def test_soft_labels_are_powers_of_the_ratio():
    soft = lrent_soft_labels(pixel(0.45, 0.5, 0.05), THRESHOLDS, 0.5)
    torch.testing.assert_close(soft.flatten(), F.normalize(torch.tensor([0.25, 1, 1 / 36]), p=1, dim=0))


def test_small_alpha_gives_hard_labels():
    soft = lrent_soft_labels(pixel(0.6, 0.4, 0), THRESHOLDS, 1e-3)
    torch.testing.assert_close(soft.flatten(), torch.tensor([0.0, 1.0, 0.0]))


def test_classes_of_probability_zero_have_none():
    assert lrent_soft_labels(pixel(0.7, 0.3, 0), THRESHOLDS)[2] == 0


def test_pixels_of_probability_zero_give_no_nan():
    assert lrent_targets(pixel(0, 0, 0), THRESHOLDS).flatten().tolist() == [0, 0, 0]


def test_a_saturated_pixel_of_a_class_without_threshold_is_dropped():
    assert not lrent_kept(pixel(1, 0), torch.ones(2))


def test_a_pixel_above_its_threshold_is_kept():
    assert lrent_kept(pixel(0.91, 0.05, 0.04), THRESHOLDS)


def test_targets_are_zero_where_dropped():
    probabilities = torch.cat([pixel(0.91, 0.05, 0.04), pixel(0.5, 0.3, 0.2)], dim=2)
    targets = lrent_targets(probabilities, THRESHOLDS)
    assert targets[:, 0, 0].sum() == pytest.approx(1)
    assert targets[:, 0, 1].tolist() == [0, 0, 0]


@given(seed=st.integers(0, 99), alpha=st.floats(0.05, 4))
@settings(deadline=None, max_examples=50)
def test_whatever_the_hard_rule_keeps_is_kept(seed, alpha):
    """Where a ratio is above 1."""
    probabilities = maps(seed)
    hard = (probabilities / THRESHOLDS[:, None, None]).amax(0) > 1
    assert lrent_kept(probabilities, THRESHOLDS, alpha)[hard].all()


@given(seed=st.integers(0, 99), alpha=st.floats(0.1, 4))
@settings(deadline=None, max_examples=50)
def test_kept_means_that_the_soft_label_costs_less_than_none(seed, alpha):
    """The rule as published: -s log p + alpha s log s < -s log t, summed over the classes."""
    probabilities, thresholds = maps(seed).double(), THRESHOLDS.double()
    soft = lrent_soft_labels(probabilities, thresholds, alpha)
    gain = (soft * (probabilities.log() - alpha * soft.log() - thresholds[:, None, None].log())).sum(0)
    clear = gain.abs() > 1e-9
    assert torch.equal(lrent_kept(probabilities, thresholds, alpha)[clear], gain[clear] > 0)


def test_batches_are_labeled_as_images():
    batch = torch.stack([maps(0), maps(1)])
    expected = [lrent_targets(image, THRESHOLDS) for image in batch]
    torch.testing.assert_close(lrent_targets(batch, THRESHOLDS), torch.stack(expected))


def test_hard_map_has_the_classes_of_the_soft_labels():
    probabilities = maps(3)
    planes = labeler(THRESHOLDS)(probabilities)
    label, confidence = planes.label, planes.confidence
    ratios = probabilities.double().numpy() / THRESHOLDS.double().numpy()[:, None, None]
    want = np.where((ratios**4).sum(0) > 1, ratios.argmax(0), 255)  # 1 / alpha is 4
    np.testing.assert_array_equal(label, want)
    assert len(np.unique(want)) > 2 and (want == 255).any()
    np.testing.assert_array_equal(confidence, probabilities.numpy().max(0))


def test_thresholds_follow_the_rule_of_crst():
    labeler = EntropyRegularizedLabeler(portion=0.5)
    labeler.begin(2)
    probabilities = torch.tensor([[[0.9, 0.8, 0.7, 0.6, 0.9]], [[0.1, 0.2, 0.3, 0.4, 0.1]]])
    for _ in range(labeler.num_passes):
        labeler.observe(probabilities)
        labeler.end_pass()
    assert labeler.thresholds_used.tolist() == pytest.approx([0.9, 1])
    assert labeler.summary()['alpha'] == 0.25


@pytest.mark.parametrize('align_corners', [True, False])
@pytest.mark.parametrize('box', [(0, 0, 20, 30), (3, 7, 5, 11), (19, 29, 1, 1)])
def test_crop_equals_the_crop_of_the_resized_whole(align_corners, box):
    top, left, height, width = box
    whole = F.interpolate(maps(0)[None], (20, 30), mode='bilinear', align_corners=align_corners)[0]
    crop = crop_of_resized(maps(0), (20, 30), box, align_corners)
    torch.testing.assert_close(crop, whole[:, top : top + height, left : left + width], rtol=0, atol=1e-6)


@pytest.mark.parametrize('box', [(-1, 0, 5, 5), (0, 26, 5, 5)])
def test_crop_outside_is_refused(box):
    with pytest.raises(ValueError, match='does not lie inside of maps of'):
        crop_of_resized(maps(0), (20, 30), box)


def test_alpha_out_of_range_is_refused():
    with pytest.raises(ValueError, match='alpha must be positive, got 0'):
        lrent_soft_labels(maps(0), THRESHOLDS, 0)
    with pytest.raises(ValueError, match='alpha must be positive, got -1'):
        EntropyRegularizedLabeler(alpha=-1)


def test_thresholds_out_of_range_are_refused():
    with pytest.raises(ValueError, match='thresholds must be positive'):
        lrent_kept(maps(0), torch.tensor([0.5, 0, 1]))


def test_a_prior_is_refused():
    with pytest.raises(ValueError, match='without prior'):
        EntropyRegularizedLabeler(prior='prior.npy')
