"""DeepLab-v2 with ResNet-101 under the names that AdaptSegNet, CRST and DACS share."""

from collections.abc import Mapping

import torch
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from mmuda.models.backbones import DeepLabResNet
from mmuda.models.decode_heads import DeepLabV2Head
from tools.model_converters.common import check_entries, strip

HEAD = 'layer5.conv2d_list.'
CLASSIFIER = f'{HEAD}0.weight'


def network(num_classes: int = 19) -> dict[str, Tensor]:
    """Names and shapes of ours."""
    init_default_scope('mmseg')
    with torch.device('meta'):
        return nn.ModuleDict(
            dict(backbone=DeepLabResNet(), decode_head=DeepLabV2Head(num_classes=num_classes))
        ).state_dict()


def original_name(name: str) -> str:
    """The original's name of an entry of ours."""
    return name.removeprefix('backbone.').replace('decode_head.branches.', HEAD)


def convert(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the entries of a checkpoint.

    Args:
        state (Mapping[str, Tensor]): The original's state dict, with or without ``module.`` in front. The number of
            classes is that of its classifier.

    Returns:
        dict[str, Tensor]: State dict of an ``EncoderDecoder`` with a ``DeepLabResNet`` and a ``DeepLabV2Head``.

    Raises:
        ValueError: If an entry is unknown, missing or of another shape; the message names it.
    """
    state = strip(state, 'module.')
    ours = network(len(state[CLASSIFIER]) if CLASSIFIER in state and state[CLASSIFIER].ndim else 19)
    check_entries(state, {original_name(name): value for name, value in ours.items()}, 'DeepLab-v2 with ResNet-101')
    return {name: state[original_name(name)] for name in ours if original_name(name) in state}
