"""The model inside the wrapper that distributes it."""

from mmengine.model import is_model_wrapper
from torch import nn


def unwrap(model: nn.Module) -> nn.Module:
    """Return the model inside ``DistributedDataParallel`` and its like, or the model itself."""
    return model.get_submodule('module') if is_model_wrapper(model) else model
