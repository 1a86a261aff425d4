"""Colour jitter and blur against the library of the time (case of golden/dacs).

The tolerance is 2e-3 grey levels.
"""
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmuda.models.augmentation import StrongAugmentation
from mmuda.models.augmentation.strong_augmentation import StrongParameters, applies, color_jitter, kernel_side
from tests.parity.dacs_steps import tensor
from tests.parity.golden import load_case

CASE = load_case('dacs', 'augment')
IMAGES = range(len(CASE['in_image']))
TOLERANCE = 2e-3


def parameters(k: int, module: StrongAugmentation) -> StrongParameters:
    """What the draws of image k mean."""
    jitters = applies(float(CASE['in_jitter_draw'][k]), module.jitter_probability)
    blurs = applies(float(CASE['in_blur_draw'][k]), module.blur_probability)
    return StrongParameters(
        order=tuple(CASE['in_order'][k].tolist()) if jitters else (),
        factors=(tuple(CASE['in_factors'][k].tolist()),) if jitters else (),
        sigma=(float(CASE['in_sigma'][k]),) if blurs else ())


def differences(k: int, module: StrongAugmentation) -> np.ndarray:
    """Grey levels (H, W) between our image k and the recorded one, the largest of the channels."""
    got = module(tensor(CASE['in_image'][k:k + 1]), parameters(k, module))
    return np.abs(got[0].numpy() - CASE['out_image'][k]).max(axis=0)


def untouched_by_the_artefact(k: int, module: StrongAugmentation) -> np.ndarray:
    """Pixels (H, W) of image k that no operation converts differently from the library of the time."""
    drawn = parameters(k, module)
    image = (tensor(CASE['in_image'][k:k + 1]) * module.std + module.mean) / 255
    touched = torch.zeros(1, 1, *image.shape[2:])
    for operation in drawn.order:
        image, right = (color_jitter(image, (operation,), torch.tensor(drawn.factors), published_hsv=published)
                        for published in (True, False))
        touched += ((image - right).abs() > 1e-5).any(dim=1, keepdim=True)
    if drawn.sigma:
        sides = [kernel_side(side) for side in image.shape[2:]]
        touched = F.max_pool2d(touched, sides, stride=1, padding=[side // 2 for side in sides])
    return touched[0, 0].numpy() == 0


@pytest.mark.parametrize('k', IMAGES)
def test_published_form(k):
    assert differences(k, StrongAugmentation(published_hsv=True)).max() <= TOLERANCE


@pytest.mark.parametrize('k', IMAGES)
def test_correct_form_where_the_artefact_is_not(k):
    module = StrongAugmentation()
    untouched = untouched_by_the_artefact(k, module)
    assert untouched.any()
    assert differences(k, module)[untouched].max() <= TOLERANCE


def test_correct_form_differs_where_the_artefact_is():
    module = StrongAugmentation()
    touched = [(differences(k, module), ~untouched_by_the_artefact(k, module)) for k in IMAGES]
    assert max(difference[where].max(initial=0) for difference, where in touched) > 100


@pytest.mark.parametrize('k', IMAGES)
def test_kernel_size(k):
    module = StrongAugmentation()
    sides = [kernel_side(side) for side in CASE['in_image'].shape[2:]] if parameters(k, module).sigma else [-1, -1]
    assert sides == CASE['out_kernel_size'][k].tolist()


@pytest.mark.parametrize('k', IMAGES)
def test_what_is_applied(k):
    drawn = parameters(k, StrongAugmentation())
    assert bool(drawn.order) == (CASE['in_order'][k].min() >= 0)
    assert bool(drawn.sigma) == np.isfinite(CASE['in_sigma'][k])
