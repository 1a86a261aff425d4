from typing import Any

from mmengine.optim import BaseOptimWrapper
from mmengine.optim.scheduler.param_scheduler import INF, _ParamScheduler
from mmseg.registry import PARAM_SCHEDULERS
from torch.optim import Optimizer


def warmup_poly_factor(
    step: int, warmup_iters: int, max_iters: int, power: float = 0.9, start_factor: float = 0.1
) -> float:
    """Factor on the base learning rate, see :class:`WarmupPolyLR`; 0 from ``max_iters`` on."""
    if step < warmup_iters:
        return start_factor + (1 - start_factor) * step / warmup_iters
    return max(0.0, 1 - step / max_iters) ** power


@PARAM_SCHEDULERS.register_module()
class WarmupPolyLR(_ParamScheduler):
    """Linear warm-up, then polynomial decay counted from iteration 0.

    ``lr(i) = base * (start_factor + (1 - start_factor) * i / warmup_iters)`` for ``i < warmup_iters``, else
    ``base * (1 - i / max_iters) ** power``. The decay is not shifted by the warm-up: at
    ``i = warmup_iters`` the rate jumps from about ``base`` down to the decay's value there (0.955 base with
    the defaults), as in the published code of Zheng and Yang, IJCAI 2020. A chain of mmengine's
    LinearLR and PolyLR does not give these values.

    Closed form in the iteration and each parameter group's initial rate, so groups with their own
    rate (heads x 10) keep their ratio and resuming at any iteration is exact. Training may stop
    before ``max_iters``.

    Args:
        optimizer (Optimizer or BaseOptimWrapper): The optimizer whose rates are set.
        warmup_iters (int): Length of the warm-up, 0 for none. Defaults to 0. In a config a float is a share of
            training.
        max_iters (int, optional): Iteration at which the rate reaches 0. In a config a float is a share of training,
            4.0 for a schedule of which training is a quarter. Defaults to None: ``end``.
        power (float): Exponent of the decay. Defaults to 0.9.
        start_factor (float): Share of the base rate at iteration 0 of the warm-up. Defaults to 0.1.
        begin (int): Iteration at which the schedule starts. Defaults to 0.
        end (int): Iteration at which the rate reaches 0, where ``max_iters`` does not say it. The runner fills in the
            length of training.
        last_step (int): Last step, for resuming without state. Defaults to -1.
        by_epoch (bool): Whether to count epochs instead of iterations. Defaults to False.
        verbose (bool): Whether to print every rate. Defaults to False.

    Raises:
        ValueError: If ``warmup_iters``, ``max_iters`` or ``start_factor`` is out of range, or there is neither
            ``max_iters`` nor ``end``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=2e-4)
        >>> scheduler = WarmupPolyLR(optimizer, warmup_iters=5000, max_iters=100000)
        >>> optimizer.param_groups[0]['lr']
        2e-05
    """

    def __init__(
        self,
        optimizer: Optimizer | BaseOptimWrapper,
        warmup_iters: int = 0,
        max_iters: int | None = None,
        power: float = 0.9,
        start_factor: float = 0.1,
        begin: int = 0,
        end: int = INF,
        last_step: int = -1,
        by_epoch: bool = False,
        verbose: bool = False,
    ) -> None:
        if warmup_iters < 0:
            raise ValueError(f'WarmupPolyLR: warmup_iters must be at least 0, got {warmup_iters}')
        if max_iters is None and end == INF:
            raise ValueError('WarmupPolyLR: give max_iters, the iteration at which the rate reaches 0')
        max_iters = end if max_iters is None else max_iters
        if max_iters < 1:
            raise ValueError(f'WarmupPolyLR: max_iters must be at least 1, got {max_iters}')
        if not 0 <= start_factor <= 1:
            raise ValueError(f'WarmupPolyLR: start_factor must lie in [0, 1], got {start_factor}')
        self.warmup_iters = warmup_iters
        self.max_iters = max_iters
        self.power = power
        self.start_factor = start_factor
        super().__init__(optimizer, 'lr', begin=begin, last_step=last_step, by_epoch=by_epoch, verbose=verbose)

    def _get_value(self) -> list[float]:
        factor = warmup_poly_factor(self.last_step, self.warmup_iters, self.max_iters, self.power, self.start_factor)
        return [base * factor for base in self.base_values]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over how far the schedule is; how long it is says the config, which may have changed."""
        lengths = dict(warmup_iters=self.warmup_iters, max_iters=self.max_iters)
        super().load_state_dict(dict(state_dict, **lengths))
