"""Networks, losses, objectives and the UDA segmentor."""

from mmuda.models import (  # noqa: F401
    augmentation,
    backbones,
    decode_heads,
    density,
    discriminator_maps,
    discriminators,
    losses,
    mixing,
    objectives,
    segmentors,
)
