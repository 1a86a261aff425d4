"""Parameter schedulers that mmengine does not have."""

from mmuda.engine.schedulers.length import with_length
from mmuda.engine.schedulers.warmup_poly import WarmupPolyLR

__all__ = ['WarmupPolyLR', 'with_length']
