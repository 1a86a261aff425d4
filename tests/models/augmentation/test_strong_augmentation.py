import random

import numpy as np
import pytest
import torch
from kornia.filters import gaussian_blur2d

from mmuda.models.augmentation import Normalization, StrongAugmentation
from mmuda.models.augmentation.strong_augmentation import StrongParameters, applies, blur, color_jitter, kernel_side

ALWAYS = dict(jitter_probability=1.0, blur_probability=1.0)
MEAN = [104.00698793, 116.66876762, 122.67891434]
PLAIN = Normalization.of(MEAN, [1.0, 1.0, 1.0])


def images(num: int = 2) -> torch.Tensor:
    return torch.rand(num, 3, 30, 40, generator=torch.Generator().manual_seed(0)) * 255 - PLAIN.mean


def seeded(module: StrongAugmentation, seed: int = 0) -> torch.Tensor:
    random.seed(seed)
    np.random.seed(seed)
    return module(images(), PLAIN)


def test_same_seeds_same_images():
    module = StrongAugmentation(**ALWAYS)
    assert torch.equal(seeded(module), seeded(module))
    assert not torch.equal(seeded(module), seeded(module, seed=1))


def test_recorded_parameters_repeat_what_was_done():
    module = StrongAugmentation(**ALWAYS)
    first = seeded(module)
    assert torch.equal(module(images(), PLAIN, module.drawn), first)


def test_nothing_is_done_at_probability_zero():
    module = StrongAugmentation(jitter_probability=0.0, blur_probability=0.0)
    assert torch.equal(seeded(module), images())
    assert module.drawn == StrongParameters()


@pytest.mark.parametrize('draw, yes', [(0.2, False), (0.21, True)])
def test_draws_apply_strictly_above_one_minus_the_probability(draw, yes):
    assert applies(draw, 0.8) == yes


def test_draws_lie_in_their_ranges():
    drawn = StrongAugmentation(**ALWAYS).draw(200)
    factors = np.array(drawn.factors) - (1, 1, 1, 0)
    assert sorted(drawn.order) == [0, 1, 2, 3]
    assert np.abs(factors).max() <= 0.25 and np.ptp(factors, axis=0).min() > 0.4
    assert 0.15 <= min(drawn.sigma) < 0.3 and 1 < max(drawn.sigma) <= 1.15


@pytest.mark.parametrize('side, kernel', [(512, 51), (256, 25), (720, 71), (1024, 103), (10, 1)])
def test_kernel_side(side, kernel):
    assert kernel_side(side) == kernel


@pytest.mark.parametrize('published_hsv', [False, True])
@pytest.mark.parametrize('order', [(0, 1, 2, 3), (3, 2, 1, 0)])
def test_neutral_factors_change_nothing(order, published_hsv):
    x = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 0.9
    neutral = torch.tensor([[1.0, 1.0, 1.0, 0.0]])
    torch.testing.assert_close(color_jitter(x, order, neutral, published_hsv), x, atol=1e-5, rtol=0)


def test_brightness_is_added_contrast_is_multiplied():
    gray = torch.full((2, 3, 1, 1), 0.5)
    factors = torch.tensor([[1.2, 1.1, 1.0, 0.0], [0.9, 1.1, 1.0, 0.0]])
    got = color_jitter(gray, (0, 1), factors)
    torch.testing.assert_close(got[:, 0, 0, 0], torch.tensor([0.77, 0.44]))


def test_a_third_of_a_turn_makes_red_green():
    red = torch.tensor([0.8, 0.1, 0.1]).view(1, 3, 1, 1)
    got = color_jitter(red, (3,), torch.tensor([[1.0, 1.0, 1.0, 1 / 3]]))
    torch.testing.assert_close(got.flatten(), torch.tensor([0.1, 0.8, 0.1]))


def test_blur_keeps_a_constant_image_and_spreads_a_point():
    constant, point = torch.ones(1, 3, 30, 40), torch.zeros(1, 3, 30, 40)
    point[..., 15, 20] = 1
    blurred = StrongAugmentation()(torch.cat([constant, point]), PLAIN, StrongParameters(sigma=(1.1, 0.6)))
    torch.testing.assert_close(blurred[:1], constant)
    weight = np.exp(-0.5 / 0.6**2)
    torch.testing.assert_close(blurred[1, 0, 15, 21] / blurred[1, 0, 15, 20], torch.tensor(weight).float())


def test_blur_is_that_of_the_full_kernel():
    x = torch.rand(2, 3, 200, 120, generator=torch.Generator().manual_seed(0)) * 255
    sigma = (1.15, 0.15)
    sides = (kernel_side(200), kernel_side(120))
    want = gaussian_blur2d(x, sides, torch.tensor(sigma)[:, None].expand(-1, 2), separable=False)
    torch.testing.assert_close(blur(x, sigma), want, atol=1e-3, rtol=0)


def test_statistics_of_the_preprocessor_are_undone():
    drawn = StrongParameters(order=(0, 3, 2, 1), factors=((1.1, 0.9, 1.2, 0.1),) * 2)
    plain = StrongAugmentation()(images(), PLAIN, drawn)
    scaled = StrongAugmentation()(images() / 58, Normalization.of(MEAN, [58.0, 58.0, 58.0]), drawn)
    torch.testing.assert_close(scaled * 58, plain, atol=1e-3, rtol=0)


def test_half_precision_of_the_surroundings_is_kept_out():
    module = StrongAugmentation(**ALWAYS)
    want = seeded(module)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(seeded(module), want)


def test_nothing_of_it_is_in_a_checkpoint():
    assert not StrongAugmentation().state_dict()


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(jitter_probability=1.5), r'jitter_probability must lie in \[0, 1\], got 1.5'),
        (dict(blur_probability=-1.0), 'blur_probability'),
        (dict(jitter=2.0), r'jitter must lie in \[0, 1\)'),
        (dict(sigma=(1.0, 0.5)), r'sigma must be \(low, high\)'),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        StrongAugmentation(**options)
