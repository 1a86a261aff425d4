"""Optimizers that PyTorch does not have, who gets which of their options, and mixed precision."""

from mmuda.engine.optimizers.amp_optim_wrapper import AmpOptimWrapper
from mmuda.engine.optimizers.bias_optim_wrapper_constructor import BiasOptimWrapperConstructor
from mmuda.engine.optimizers.repeated_sgd import RepeatedSGD

__all__ = ['AmpOptimWrapper', 'BiasOptimWrapperConstructor', 'RepeatedSGD']
