"""Own learning rate and weight decay for biases, those of norms included."""

from typing import Any

from mmengine.optim import DefaultOptimWrapperConstructor
from mmseg.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class BiasOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """Twice the learning rate and no weight decay for every bias.

    The rule of AlexNet and Caffe, used by CBST (Zou et al., ECCV 2018): biases of convolutions *and* of
    norms. MMEngine's own ``bias_lr_mult`` leaves out the biases of norms. Weights, those of norms among
    them, stay as they are.

    The factors apply on top of what else ``paramwise_cfg`` says: with ``custom_keys=dict(decode_head=
    dict(lr_mult=10.))`` a bias of the head learns at 20 times the base rate.

    Args:
        optim_wrapper_cfg (dict): Config of the optimizer wrapper; its ``optimizer`` sets ``lr``.
        paramwise_cfg (dict, optional): As for :class:`mmengine.optim.DefaultOptimWrapperConstructor`, but
            ``bias_lr_mult`` (defaults to 2.0) and ``bias_decay_mult`` (defaults to 0.0) are for all biases.

    Raises:
        ValueError: If the optimizer's config has no ``lr``, or if a factor is negative.

    Example:
        >>> optim_wrapper = dict(
        >>>     constructor='BiasOptimWrapperConstructor',
        >>>     optimizer=dict(type='SGD', lr=1e-4, momentum=0.9, weight_decay=5e-4))
    """

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None) -> None:
        paramwise_cfg = dict(paramwise_cfg or {})
        self.bias_lr_mult = paramwise_cfg.pop('bias_lr_mult', 2.0)
        self.bias_decay_mult = paramwise_cfg.pop('bias_decay_mult', 0.0)
        # An empty one would give all parameters the same options.
        super().__init__(optim_wrapper_cfg, paramwise_cfg or dict(custom_keys={}))
        if self.base_lr is None:
            raise ValueError('BiasOptimWrapperConstructor: optim_wrapper.optimizer needs a learning rate `lr`')
        for key, value in (('bias_lr_mult', self.bias_lr_mult), ('bias_decay_mult', self.bias_decay_mult)):
            if value < 0:
                raise ValueError(f'BiasOptimWrapperConstructor: paramwise_cfg.{key} must be at least 0, got {value}')

    def add_params(self, params: list[dict], module: nn.Module, prefix: str = '', **kwargs: Any) -> None:
        """Add the parameters of ``module`` and its children to ``params``, one group each."""
        known = len(params)
        super().add_params(params, module, prefix=prefix, **kwargs)
        # Children have called this method for their own parameters.
        biases = {id(param) for name, param in module.named_parameters(recurse=False) if name.endswith('bias')}
        for group in params[known:]:
            if id(group['params'][0]) in biases:
                group['lr'] = group.get('lr', self.base_lr) * self.bias_lr_mult
                if self.base_wd is not None:
                    group['weight_decay'] = group.get('weight_decay', self.base_wd) * self.bias_decay_mult
