"""Parameter schedulers that mmengine does not have."""
from mmuda.engine.schedulers.warmup_poly import WarmupPolyLR

__all__ = ['WarmupPolyLR']
