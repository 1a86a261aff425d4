"""The model inside what it is wrapped in."""

from mmengine.model import BaseTTAModel, is_model_wrapper
from torch import nn


def unwrap(model: nn.Module) -> nn.Module:
    """Return the model inside ``DistributedDataParallel`` and its like, or the model itself."""
    return model.get_submodule('module') if is_model_wrapper(model) else model


def unwrap_segmentor(model: nn.Module) -> nn.Module:
    """Return the segmentor inside ``DistributedDataParallel`` and a model of test-time augmentation, or itself."""
    model = unwrap(model)
    return unwrap(model.module) if isinstance(model, BaseTTAModel) else model
