import torch
from torch import Tensor


def at_least_float32(x: Tensor) -> Tensor:
    """``x`` in float32 if it is half precision (AMP), else unchanged: float64 stays float64."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
