"""ADVENT, DADA, CTRL and Depth Distribution: ResNet-101 of DeepLab-v2 under the names of ADVENT, with several heads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from mmuda.models.backbones import DeepLabResNet
from mmuda.models.decode_heads import AdventHead, CrossTaskHead, DensityHead, DepthFusionHead, MultiTaskHead
from tools.model_converters.common import check_entries, strip

BRANCHES = 'conv2d_list.'
ENCODER = {0: 1, 2: 2, 4: 3}  # our layer -> number in the published name


def encoder(ours: str, theirs: str) -> dict[str, str]:
    """Names of the three convolutions of a branch."""
    return {f'{ours}.{layer}.': f'{theirs}{number}.' for layer, number in ENCODER.items()}


@dataclass(frozen=True)
class Release:
    """The checkpoints of one method.

    Attributes:
        head (Callable): Builds the decode head; takes ``num_classes``.
        heads (dict[str, str]): Start of our names in the head -> start of the published names.
        backbone (str): Before the published names of the backbone. Defaults to ''.
        unread (tuple[str, ...]): Layers of the published network that its forward pass, or ours, does not read.
    """

    head: Callable[..., MultiTaskHead]
    heads: dict[str, str]
    backbone: str = ''
    unread: tuple[str, ...] = field(default=())

    def original_name(self, name: str) -> str:
        """The published name of an entry of ours."""
        if name.startswith('backbone.'):
            return self.backbone + name.removeprefix('backbone.')
        name = name.removeprefix('decode_head.')
        ours = next(start for start in self.heads if name.startswith(start))
        return name.replace(ours, self.heads[ours], 1)

    def network(self, num_classes: int) -> dict[str, Tensor]:
        """Names and shapes of ours."""
        init_default_scope('mmseg')
        with torch.device('meta'):
            return nn.ModuleDict(
                dict(backbone=DeepLabResNet(), decode_head=self.head(num_classes=num_classes, in_index=3))
            ).state_dict()

    def convert(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Rename the entries of a checkpoint.

        Args:
            state (Mapping[str, Tensor]): The original's state dict, with or without ``module.`` in front. The number of
                classes is that of its classifier.

        Returns:
            dict[str, Tensor]: State dict of an ``EncoderDecoder`` with a ``DeepLabResNet`` and the head of the method.

        Raises:
            ValueError: If an entry is unknown, missing or of another shape; the message names it.
        """
        state = strip(state, 'module.')
        state = {name: value for name, value in state.items() if name.split('.')[0] not in self.unread}
        classifier = self.original_name('decode_head.classifier.branches.0.bias')
        ours = self.network(len(state[classifier]) if classifier in state and state[classifier].ndim else 16)
        check_entries(
            state,
            {self.original_name(name): value for name, value in ours.items()},
            f'DeepLab-v2 with {self.head.__name__}',
        )
        return {name: state[self.original_name(name)] for name in ours if self.original_name(name) in state}


def multi_level_head(num_classes: int, in_index: int) -> AdventHead:
    """The head of ADVENT with two classifiers."""
    return AdventHead(num_classes=num_classes, in_index=in_index, aux_channels=1024, aux_index=2)


CLASSIFIER = {'classifier.branches.': f'layer6.{BRANCHES}'}
FUSION = {**encoder('depth_encoder', 'enc4_'), 'fusion.': 'dec4.', **CLASSIFIER}
SINGLE_LEVEL = Release(AdventHead, CLASSIFIER)
MULTI_LEVEL = Release(multi_level_head, {**CLASSIFIER, 'aux_classifier.branches.': f'layer5.{BRANCHES}'})
DADA = Release(DepthFusionHead, FUSION, unread=('layer5',))
CTRL = Release(
    CrossTaskHead,
    {
        **encoder('depth_encoder', 'decoder.dec'),
        'fusion.': 'decoder.dec4.',
        'classifier.branches.': f'head_seg.layer6.{BRANCHES}',
        'depth.branches.': f'head_dep.layer6.{BRANCHES}',
        'refined_classifier.branches.': f'head_srh.layer6.{BRANCHES}',
    },
    backbone='backbone.',
)
DEPTH_DISTRIBUTION = Release(
    DensityHead,
    {**CLASSIFIER, **encoder('density_encoder', 'enc4_'), **encoder('depth_encoder', 'enc5_')},
    unread=('enc4_4', 'dec4'),
)


def convert_advent(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """As :meth:`Release.convert`, of a network with one classifier or two."""
    two = any(name.removeprefix('module.').startswith('layer5.') for name in state)
    return (MULTI_LEVEL if two else SINGLE_LEVEL).convert(state)
