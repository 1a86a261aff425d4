"""Semantics, depth and refined semantics together."""

from collections.abc import Collection
from typing import Any

import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.models.discriminator_maps.depth_bins import bin_depths, bin_probabilities, inverse_bins
from mmuda.models.discriminator_maps.discriminator_maps import DiscriminatorMaps
from mmuda.models.losses.self_information import weighted_self_information
from mmuda.models.segmentors.step import Step


@TASK_UTILS.register_module()
class CrossTaskRelation(DiscriminatorMaps):
    """The joint tensor of CTRL (Saha et al., CVPR 2021, Sec. 3.2), the one map ``joint``.

    Weighted self-information of the probabilities of ``main``, of the depth bins, and of ``refined``, one after the
    other: 2 C + ``num_bins`` channels, each part normalized by the logarithm of its own number of channels. Depth is
    the output ``depth``. The layer has no parameters.

    Args:
        num_bins (int): Defaults to 15.
        rule (str): Of the depths of the bins, see :func:`~mmuda.models.discriminator_maps.depth_bins.bin_depths`.
            Defaults to ``SID``.
        sigma (float): Width of the bins in inverse depth. Defaults to 1.0.
        **common (Any): ``resolution``, see :class:`DiscriminatorMaps`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self, num_bins: int = 15, rule: str = 'SID', sigma: float = 1.0, **common: Any) -> None:
        super().__init__(**common)
        if sigma <= 0:
            raise ValueError(f'CrossTaskRelation: sigma must be above 0, got {sigma}')
        self.bins = inverse_bins(bin_depths(num_bins, rule))
        self.sigma = sigma

    def names(self, classifiers: Collection[str]) -> Collection[str]:
        """See :class:`DiscriminatorMaps`: ``joint``.

        Raises:
            ValueError: If the student has no classifiers ``main`` and ``refined``.
        """
        if not {'main', 'refined'} <= set(classifiers):
            raise ValueError(
                f'CrossTaskRelation reads the classifiers main and refined, the student has {sorted(classifiers)}: '
                'give it a CrossTaskHead'
            )
        return ('joint',)

    def channels(self, num_classes: int) -> int:
        """See :class:`DiscriminatorMaps`."""
        return 2 * num_classes + len(self.bins)

    def real(self, step: Step, view: str, names: Collection[str]) -> dict[str, Tensor]:
        """See :class:`DiscriminatorMaps`."""
        return {name: value.detach() for name, value in self.fake(step, view, names).items()}

    def fake(self, step: Step, view: str, names: Collection[str]) -> dict[str, Tensor]:
        """See :class:`DiscriminatorMaps`."""
        logits = self.logits(step, view)
        depth = self.output(step, view, 'depth')
        joint = self.joint(logits['main'], depth, logits['refined'])
        return dict.fromkeys(names, joint)

    def joint(self, main: Tensor, depth: Tensor, refined: Tensor) -> Tensor:
        """The joint tensor (N, 2 C + num_bins, H, W).

        Args:
            main, refined (Tensor): Logits (N, C, H, W).
            depth (Tensor): Inverse depth (N, 1, H, W).
        """
        parts = (
            main.softmax(dim=1),
            bin_probabilities(depth, self.bins.to(depth), self.sigma),
            refined.softmax(dim=1),
        )
        return torch.cat([weighted_self_information(part) for part in parts], dim=1)
