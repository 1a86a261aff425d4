"""Color jitter and blur of preprocessed images, on their device."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from kornia.color import rgb_to_hsv
from kornia.enhance import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_hue_raw,
    adjust_saturation,
    adjust_saturation_raw,
)
from kornia.filters import filter2d_separable, get_gaussian_kernel1d
from mmseg.registry import MODELS
from torch import Tensor

from mmuda.models.augmentation.augmentation import Augmentation, Normalization
from mmuda.models.augmentation.published_hsv import hsv_to_rgb_published

OPERATIONS = ('brightness', 'contrast', 'saturation', 'hue')


@dataclass(frozen=True)
class StrongParameters:
    """What is done to a batch of N images.

    Attributes:
        order (tuple[int, ...]): Indices into (brightness, contrast, saturation, hue) in the order of application;
            empty for no jitter.
        factors (tuple[tuple[float, ...], ...]): Per image its factors of brightness, contrast and saturation (1
            changes nothing) and its shift of the hue in turns (0 changes nothing); empty for no jitter.
        sigma (tuple[float, ...]): Per image the deviation of the blur in pixels; empty for no blur.
    """

    order: tuple[int, ...] = ()
    factors: tuple[tuple[float, ...], ...] = ()
    sigma: tuple[float, ...] = ()


def applies(draw: float, probability: float) -> bool:
    """Whether a number drawn from [0, 1) means yes: above ``1 - probability``."""
    return draw + probability > 1


def kernel_side(side: int) -> int:
    """Side of the blur's kernel for an image side: the odd one of n and n - 1, n = ceil(side / 10), as published."""
    n = math.ceil(0.1 * side)
    return n if n % 2 else n - 1


def color_jitter(images: Tensor, order: Sequence[int], factors: Tensor, published_hsv: bool = False) -> Tensor:
    """Change brightness (added), contrast (multiplied), saturation and hue (in HSV).

    Args:
        images (Tensor): (N, 3, H, W) in [0, 1].
        order (Sequence[int]): Indices into (brightness, contrast, saturation, hue).
        factors (Tensor): (N, 4), see :class:`StrongParameters`.
        published_hsv (bool): See :func:`~mmuda.models.augmentation.published_hsv.hsv_to_rgb_published`.

    Returns:
        Tensor: (N, 3, H, W) in [0, 1].
    """
    brightness, contrast, saturation, hue = factors.unbind(1)
    hue = 2 * math.pi * hue
    for index in order:
        match OPERATIONS[index]:
            case 'brightness':
                images = adjust_brightness(images, brightness - 1)
            case 'contrast':
                images = adjust_contrast(images, contrast)
            case 'saturation' if published_hsv:
                images = hsv_to_rgb_published(adjust_saturation_raw(rgb_to_hsv(images), saturation))
            case 'saturation':
                images = adjust_saturation(images, saturation)
            case 'hue' if published_hsv:
                images = hsv_to_rgb_published(adjust_hue_raw(rgb_to_hsv(images), hue))
            case 'hue':
                images = adjust_hue(images, hue)
    return images


def blur(images: Tensor, sigma: Sequence[float]) -> Tensor:
    """Blur every image by a Gaussian, one direction after the other, with reflected borders.

    The kernel has the published side, or fewer taps where the outer ones are below the resolution of float32. (Not
    ``kornia.filters.gaussian_blur2d``, which gives the same and reads ``sigma`` on the host.)

    Args:
        images (Tensor): (N, 3, H, W).
        sigma (Sequence[float]): N deviations in pixels.

    Returns:
        Tensor: (N, 3, H, W).
    """
    deviations = _on_device(sigma, images)[:, None]
    reach = 2 * math.ceil(6 * max(sigma)) + 1
    height, width = (min(kernel_side(side), reach) for side in images.shape[2:])
    return filter2d_separable(
        images, get_gaussian_kernel1d(width, deviations), get_gaussian_kernel1d(height, deviations)
    )


@MODELS.register_module()
class StrongAugmentation(Augmentation):
    """Color jitter and Gaussian blur of DACS (Tranheden et al., WACV 2021, Sec. 4.1), by kornia.

    Whether to jitter, whether to blur, and the order of the jitter are drawn once for a batch; factors and deviations
    once for an image. Everything is drawn on the host (``random``; NumPy's global state for the deviations, as in the
    published code) and the device is not waited for. Labels are not touched. Which of the outer channels is red does
    not matter: shifts of the hue go both ways alike.

    Args:
        jitter (float): Factors lie in ``1 +- jitter``, shifts of the hue in ``+- jitter`` turns. Defaults to 0.25.
        jitter_probability (float): Defaults to 0.8.
        blur_probability (float): Defaults to 0.5.
        sigma (tuple[float, float]): Range of the blur's deviation in pixels. Defaults to (0.15, 1.15).
        published_hsv (bool): Reproduce an artifact of the kornia of that time, see
            :func:`~mmuda.models.augmentation.published_hsv.hsv_to_rgb_published`. Defaults to False.

    Attributes:
        drawn (StrongParameters | None): What was done to the last batch.

    Shape:
        images: (N, 3, H, W), preprocessed. Result: the same.

    Raises:
        ValueError: If a probability lies outside [0, 1], ``jitter`` outside [0, 1) or ``sigma`` is no range.

    Example:
        >>> normalization = Normalization.of(mean=[104.0, 117.0, 123.0], std=[58.0, 58.0, 58.0])
        >>> StrongAugmentation()(torch.randn(2, 3, 32, 64), normalization).shape
        torch.Size([2, 3, 32, 64])
    """

    def __init__(
        self,
        jitter: float = 0.25,
        jitter_probability: float = 0.8,
        blur_probability: float = 0.5,
        sigma: tuple[float, float] = (0.15, 1.15),
        published_hsv: bool = False,
    ) -> None:
        super().__init__()
        for name, value in (('jitter_probability', jitter_probability), ('blur_probability', blur_probability)):
            if not 0 <= value <= 1:
                raise ValueError(f'StrongAugmentation: {name} must lie in [0, 1], got {value}')
        if not 0 <= jitter < 1:
            raise ValueError(f'StrongAugmentation: jitter must lie in [0, 1), got {jitter}')
        if not 0 < sigma[0] <= sigma[1]:
            raise ValueError(f'StrongAugmentation: sigma must be (low, high) with 0 < low <= high, got {sigma}')
        self.jitter = jitter
        self.jitter_probability = jitter_probability
        self.blur_probability = blur_probability
        self.sigma = sigma
        self.published_hsv = published_hsv
        self.drawn: StrongParameters | None = None

    def draw(self, num_images: int) -> StrongParameters:
        """Draw what is to be done to ``num_images`` images."""
        jitters = applies(random.random(), self.jitter_probability)
        blurs = applies(random.random(), self.blur_probability)
        order: tuple[int, ...] = ()
        factors: tuple[tuple[float, ...], ...] = ()
        sigma: tuple[float, ...] = ()
        if jitters:
            order = tuple(random.sample(range(len(OPERATIONS)), len(OPERATIONS)))
            centers = (1.0, 1.0, 1.0, 0.0)
            factors = tuple(
                tuple(center + random.uniform(-self.jitter, self.jitter) for center in centers)
                for _ in range(num_images)
            )
        if blurs:
            sigma = tuple(float(value) for value in np.random.uniform(*self.sigma, size=num_images))
        return StrongParameters(order, factors, sigma)

    def forward(
        self, images: Tensor, normalization: Normalization, parameters: StrongParameters | None = None
    ) -> Tensor:
        """Return the augmented images; ``parameters`` are drawn if not given."""
        self.drawn = parameters = parameters or self.draw(len(images))
        # Half precision would leave visible steps.
        with torch.autocast(images.device.type, enabled=False):
            if parameters.order:
                factors = _on_device(parameters.factors, images)
                values = normalization.undo(images)
                values = color_jitter(values, parameters.order, factors, self.published_hsv)
                images = normalization.redo(values)
            if parameters.sigma:
                images = blur(images, parameters.sigma)
        return images


def _on_device(values: Sequence, images: Tensor) -> Tensor:
    return torch.tensor(values, dtype=images.dtype).to(images.device, non_blocking=True)
