"""The color part of the ImageNet AutoAugment policy."""

import random
from collections.abc import Callable

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS
from PIL import Image, ImageEnhance, ImageOps

_POSTERIZE_BITS = (8, 8, 7, 7, 6, 6, 5, 5, 4, 4)


def _enhance(enhancer: Callable) -> Callable[[Image.Image, int], Image.Image]:
    return lambda image, level: enhancer(image).enhance(1 + 0.1 * level * random.choice((-1, 1)))


OPERATIONS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    'autocontrast': lambda image, level: ImageOps.autocontrast(image),
    'equalize': lambda image, level: ImageOps.equalize(image),
    'invert': lambda image, level: ImageOps.invert(image),
    'posterize': lambda image, level: ImageOps.posterize(image, _POSTERIZE_BITS[level]),
    'solarize': lambda image, level: ImageOps.solarize(image, 256 - 256 / 9 * level),  # type: ignore[arg-type]
    'color': _enhance(ImageEnhance.Color),
    'contrast': _enhance(ImageEnhance.Contrast),
    'sharpness': _enhance(ImageEnhance.Sharpness),
}
"""Name -> function of an RGB image and a level in 0..9."""

_DISTINCT = (
    (('solarize', 0.6, 5), ('autocontrast', 0.6, 0)),
    (('equalize', 0.8, 0), ('equalize', 0.6, 0)),
    (('posterize', 0.6, 7), ('posterize', 0.6, 6)),
    (('equalize', 0.4, 0), ('solarize', 0.2, 4)),
    (('solarize', 0.6, 3), ('equalize', 0.6, 0)),
    (('posterize', 0.8, 5), ('equalize', 1.0, 0)),
    (('equalize', 0.6, 0), ('posterize', 0.4, 6)),
    (('equalize', 0.0, 0), ('equalize', 0.8, 0)),
    (('invert', 0.6, 0), ('equalize', 1.0, 0)),
    (('color', 0.6, 4), ('contrast', 1.0, 8)),
    (('color', 0.8, 8), ('solarize', 0.8, 7)),
    (('sharpness', 0.4, 7), ('invert', 0.6, 0)),
    (('color', 0.4, 0), ('equalize', 0.6, 0)),
)
POLICY = _DISTINCT + tuple(_DISTINCT[index] for index in (3, 0, 8, 9, 1))
"""18 pairs of (operation, probability, level); five of the pairs stand twice."""


@TRANSFORMS.register_module()
class ColorAutoAugment(BaseTransform):
    """One random pair of color operations per image, as in the AutoAugment option of the MRNet code.

    The ImageNet policy of AutoAugment (Cubuk et al., CVPR 2019, appendix) without the pairs that rotate or
    shear; the label is not touched. Stands after the resize and before the crop.
    """

    def transform(self, results: dict) -> dict:
        """Change ``img`` ((H, W, 3) uint8, B, G, R) of the results."""
        image = Image.fromarray(results['img'][:, :, ::-1])
        for operation, probability, level in random.choice(POLICY):
            if random.random() < probability:
                image = OPERATIONS[operation](image, level)
        results['img'] = np.array(image)[:, :, ::-1]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
