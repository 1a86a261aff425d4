import math

import torch
from torch import Tensor


def hsv_to_rgb_published(image: Tensor) -> Tensor:
    """HSV to RGB with the artifact of kornia 0.3, which the authors of DACS trained with.

    That release writes the sector of the hue (0 to 5) into the three output planes and then, for each k in turn,
    replaces what equals k by the color of sector k. A value of exactly 1 that was written for sector 0 is taken for
    sector 1, so that a fully bright red becomes ``1 - f * S``. ``kornia.color.hsv_to_rgb`` is the correct form.

    Args:
        image (Tensor): (..., 3, H, W), hue in radians, saturation and value in [0, 1].

    Returns:
        Tensor: The same shape, in [0, 1].
    """
    hue, s, v = image.unbind(-3)
    hue = hue / (2 * math.pi) * 6
    sector = hue.floor() % 6
    f = hue % 6 - sector
    p, q, t = v * (1 - s), v * (1 - f * s), v * (1 - (1 - f) * s)
    rgb = torch.stack((sector,) * 3, dim=-3)
    for k, planes in enumerate([(v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q)]):
        rgb = torch.where(rgb == k, torch.stack(planes, dim=-3), rgb)
    return rgb
