"""Mixed precision on a GPU and on the CPU."""

import logging
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.optim import AmpOptimWrapper as StockAmpOptimWrapper
from mmengine.optim import OptimWrapper
from mmseg.registry import OPTIM_WRAPPERS

from mmuda.compat import cpu_has_bfloat16


@OPTIM_WRAPPERS.register_module()
class AmpOptimWrapper(StockAmpOptimWrapper):
    """mmengine's wrapper of this name, which trains on the CPU, too: in bfloat16.

    Registered for MMSegmentation, it takes the place of the stock one, also under ``tools/train.py --amp``. On a GPU
    nothing changes. On the CPU there is no gradient scaler, since bfloat16 has the range of float32: ``loss_scale`` is
    not read, checkpoints hold none, and those of a GPU can be resumed.

    Args:
        loss_scale (float | str | dict): On a GPU, of the gradient scaler. Defaults to ``dynamic``.
        dtype (str | torch.dtype, optional): Of autocast. Defaults to None: float16 on a GPU, bfloat16 on the CPU.
        **kwargs (Any): Other arguments of :class:`mmengine.optim.AmpOptimWrapper`.

    Raises:
        ValueError: If ``dtype`` is not bfloat16 on the CPU.

    Example:
        >>> optim_wrapper = dict(
        >>>     type='AmpOptimWrapper', dtype='bfloat16', optimizer=dict(type='AdamW', lr=1e-3))
    """

    def __init__(
        self, loss_scale: float | str | dict = 'dynamic', dtype: str | torch.dtype | None = None, **kwargs: Any
    ) -> None:
        if get_device() != 'cpu':
            super().__init__(loss_scale, dtype, **kwargs)
            return
        if dtype not in (None, 'bfloat16', torch.bfloat16):
            raise ValueError(
                f'optim_wrapper.dtype={dtype!r}, but on the CPU mixed precision is bfloat16: set '
                "optim_wrapper.dtype='bfloat16', which GPUs have, too"
            )
        OptimWrapper.__init__(self, **kwargs)  # the stock constructor asks for a GPU
        self.cast_dtype = torch.bfloat16
        self.loss_scaler = torch.amp.GradScaler('cpu', enabled=False)
        self._scale_update_param = None
        if not cpu_has_bfloat16():
            print_log(
                'This CPU has no instructions for bfloat16 (AVX-512 BF16, AMX, or BF16 of Arm), which is emulated: '
                'training in mixed precision is slower than without --amp here.',
                logger='current',
                level=logging.WARNING,
            )

    def state_dict(self) -> dict:
        """State of the optimizer, and of the gradient scaler where there is one."""
        state = super().state_dict()
        if not self.loss_scaler.is_enabled():
            del state['loss_scaler']  # an empty one could not be resumed on a GPU
        return state
