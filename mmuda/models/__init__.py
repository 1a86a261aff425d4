"""Networks, losses, objectives and the UDA segmentor."""

from mmuda.models import augmentation, backbones, decode_heads, discriminators, losses, objectives, segmentors  # noqa: F401
