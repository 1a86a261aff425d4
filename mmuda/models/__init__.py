"""Networks, losses, objectives and the UDA segmentor."""
from mmuda.models import (  # noqa: F401
    backbones, decode_heads, discriminators, losses, objectives, segmentors)
