"""Optimizers that PyTorch does not have."""
from mmuda.engine.optimizers.repeated_sgd import RepeatedSGD

__all__ = ['RepeatedSGD']
