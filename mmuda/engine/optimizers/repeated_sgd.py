from collections.abc import Callable, Iterable
from typing import Any

import torch
from mmseg.registry import OPTIMIZERS
from torch import Tensor
from torch.optim import Optimizer

REPEAT_RULES = ('torch17', 'torch14', 'torch213')


@OPTIMIZERS.register_module()
class RepeatedSGD(Optimizer):
    """SGD that applies the update of a tensor several times per step with the same gradient.

    The published code of MRNet (and of much work that grew out of AdaptSegNet) collects the
    backbone's parameters by walking modules recursively, so its optimizer holds the tensors inside
    residual blocks three times, those of down-sampling branches four times. PyTorch then performs
    three (four) successive momentum updates per iteration: the step is about three (four) times as
    long and the momentum decays three (four) times as fast. Published results depend on it. This
    optimizer does the same on purpose, with ``repeat`` as a parameter group's option. What a repeated
    update does differs between versions of PyTorch; per update, with gradient g::

        d = g + weight_decay * p;   b = momentum * b + d  (b = d at first use)
        p = p - lr * (d + momentum * b)

    * ``torch17`` (PyTorch 1.7): exactly this, one update after the other. The default.
    * ``torch14`` (PyTorch 1.4, of the time of the original runs): the decay is added to the shared
      gradient, so that the second update starts from ``g + weight_decay * p``, and so on.
    * ``torch213`` (PyTorch 2.13, ``foreach=False``): as ``torch17``, but in a tensor's very first step
      every update starts its own buffer (b = d).

    The corrected variant of the method is plain ``SGD``, which this is for ``repeat=1``.

    In a config the tensors are chosen by name; of several keys that occur in a name mmengine takes
    the longest, so the key of the down-sampling branches must be longer than that of the blocks::

        optimizer=dict(type='RepeatedSGD', lr=2e-4),
        paramwise_cfg=dict(custom_keys=dict(
            layer=dict(repeat=3), downsample=dict(repeat=4), decode_head=dict(lr_mult=10)))

    ``repeat`` and ``repeat_rule`` are saved with the parameter groups, as lr is.

    Args:
        params (Iterable): Tensors or parameter groups; a group may set any of the options below.
        lr (float): Learning rate, >= 0.
        momentum (float): In [0, 1). Defaults to 0.9.
        weight_decay (float): L2 penalty, >= 0. Defaults to 5e-4.
        nesterov (bool): Whether to use Nesterov's momentum. Defaults to True.
        repeat (int): Updates per step, >= 1. Defaults to 1.
        repeat_rule (str): 'torch17', 'torch14' or 'torch213'. Defaults to 'torch17'.

    Raises:
        ValueError: If an option of a group is out of range.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
        nesterov: bool = True,
        repeat: int = 1,
        repeat_rule: str = 'torch17',
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                momentum=momentum,
                weight_decay=weight_decay,
                nesterov=nesterov,
                repeat=repeat,
                repeat_rule=repeat_rule,
            ),
        )

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a parameter group; see :class:`torch.optim.Optimizer`."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        for key, valid, allowed in (
            ('lr', group['lr'] >= 0, 'at least 0'),
            ('momentum', 0 <= group['momentum'] < 1, 'in [0, 1)'),
            ('nesterov', not group['nesterov'] or group['momentum'] > 0, 'False if momentum is 0'),
            ('weight_decay', group['weight_decay'] >= 0, 'at least 0'),
            ('repeat', isinstance(group['repeat'], int) and group['repeat'] >= 1, 'an integer >= 1'),
            ('repeat_rule', group['repeat_rule'] in REPEAT_RULES, f'one of {REPEAT_RULES}'),
        ):
            if not valid:
                raise ValueError(f'RepeatedSGD: {key} must be {allowed}, got {group[key]!r}')

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Perform one optimization step: ``repeat`` updates of every tensor that has a gradient.

        Args:
            closure (Callable, optional): Re-evaluates the model and returns the loss.

        Returns:
            Any: The closure's result, None without closure.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for param in group['params']:
                if param.grad is not None:
                    self._update(param, param.grad, group)
        return loss

    def _update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state, rule = self.state[param], group['repeat_rule']
        lr, momentum, weight_decay = group['lr'], group['momentum'], group['weight_decay']
        first_step = 'momentum_buffer' not in state
        for _ in range(group['repeat']):
            step = grad.add(param, alpha=weight_decay) if weight_decay else grad
            if rule == 'torch14':
                grad = step
            if momentum:
                if 'momentum_buffer' not in state or (rule == 'torch213' and first_step):
                    state['momentum_buffer'] = step.clone()
                else:
                    state['momentum_buffer'].mul_(momentum).add_(step)
                buffer = state['momentum_buffer']
                step = step.add(buffer, alpha=momentum) if group['nesterov'] else buffer
            param.add_(step, alpha=-lr)
