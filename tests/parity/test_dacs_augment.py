"""Color jitter and blur against the library of the time (case of golden/dacs).

The tolerance is 2e-3 gray levels.
"""

import numpy as np
import torch
import torch.nn.functional as F

from mmuda.models.augmentation import Normalization, StrongAugmentation
from mmuda.models.augmentation.strong_augmentation import StrongParameters, applies, color_jitter, kernel_side
from tests.helpers.dacs_steps import tensor
from tests.helpers.golden import Case, each_case, each_row

TOLERANCE = 2e-3
NORMALIZATION = Normalization.of([104.00698793, 116.66876762, 122.67891434], [1.0, 1.0, 1.0])
each_image = each_row('dacs', 'augment*', 'in_image')


def parameters(case: Case, k: int, module: StrongAugmentation) -> StrongParameters:
    """What the draws of image k mean."""
    jitters = applies(float(case['in_jitter_draw'][k]), module.jitter_probability)
    blurs = applies(float(case['in_blur_draw'][k]), module.blur_probability)
    return StrongParameters(
        order=tuple(case['in_order'][k].tolist()) if jitters else (),
        factors=(tuple(case['in_factors'][k].tolist()),) if jitters else (),
        sigma=(float(case['in_sigma'][k]),) if blurs else (),
    )


def differences(case: Case, k: int, module: StrongAugmentation) -> np.ndarray:
    """Gray levels (H, W) between our image k and the recorded one, the largest of the channels."""
    got = module(tensor(case['in_image'][k : k + 1]), NORMALIZATION, parameters(case, k, module))
    return np.abs(got[0].numpy() - case['out_image'][k]).max(axis=0)


def untouched_by_the_artifact(case: Case, k: int, module: StrongAugmentation) -> np.ndarray:
    """Pixels (H, W) of image k that no operation converts differently from the library of the time."""
    drawn = parameters(case, k, module)
    image = NORMALIZATION.undo(tensor(case['in_image'][k : k + 1]))
    touched = torch.zeros(1, 1, *image.shape[2:])
    for operation in drawn.order:
        image, right = (
            color_jitter(image, (operation,), torch.tensor(drawn.factors), published_hsv=published)
            for published in (True, False)
        )
        touched += ((image - right).abs() > 1e-5).any(dim=1, keepdim=True)
    if drawn.sigma:
        sides = [kernel_side(side) for side in image.shape[2:]]
        touched = F.max_pool2d(touched, sides, stride=1, padding=[side // 2 for side in sides])
    return touched[0, 0].numpy() == 0


@each_image
def test_published_form(case, row):
    assert differences(case, row, StrongAugmentation(published_hsv=True)).max() <= TOLERANCE


@each_image
def test_correct_form_where_the_artifact_is_not(case, row):
    module = StrongAugmentation()
    untouched = untouched_by_the_artifact(case, row, module)
    assert untouched.any()
    assert differences(case, row, module)[untouched].max() <= TOLERANCE


@each_case('dacs', 'augment*')
def test_correct_form_differs_where_the_artifact_is(case):
    module = StrongAugmentation()
    touched = [
        (differences(case, k, module), ~untouched_by_the_artifact(case, k, module))
        for k in range(len(case['in_image']))
    ]
    assert max(difference[where].max(initial=0) for difference, where in touched) > 100


@each_image
def test_kernel_size(case, row):
    module = StrongAugmentation()
    blurred = bool(parameters(case, row, module).sigma)
    sides = [kernel_side(side) if blurred else -1 for side in case['in_image'].shape[2:]]
    assert sides == case['out_kernel_size'][row].tolist()


@each_image
def test_what_is_applied(case, row):
    drawn = parameters(case, row, StrongAugmentation())
    assert bool(drawn.order) == (case['in_order'][row].min() >= 0)
    assert bool(drawn.sigma) == np.isfinite(case['in_sigma'][row])
