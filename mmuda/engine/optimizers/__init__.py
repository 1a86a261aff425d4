"""Optimizers that PyTorch does not have, and who gets which of their options."""

from mmuda.engine.optimizers.bias_optim_wrapper_constructor import BiasOptimWrapperConstructor
from mmuda.engine.optimizers.repeated_sgd import RepeatedSGD

__all__ = ['BiasOptimWrapperConstructor', 'RepeatedSGD']
