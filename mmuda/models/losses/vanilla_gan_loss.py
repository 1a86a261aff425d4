from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32

REAL, FAKE = 0.0, 1.0


@MODELS.register_module()
class VanillaGANLoss(nn.Module):
    """Binary cross entropy of the discriminators' maps: real maps are labeled 0, fake ones 1.

    Goodfellow et al., Generative Adversarial Nets, NIPS 2014, in the form that AdaptSegNet and ADVENT (Vu et al., CVPR
    2019) have: the segmentor minimizes the cross entropy of its fake maps with the label of the real ones.

    Args:
        discriminator_scale (float): Factor on the discriminator's loss. ADVENT halves it, DADA, CTRL and Depth
            Distribution do not; Adam makes the same steps with both. Defaults to 1.0.

    Example:
        >>> loss = VanillaGANLoss()
        >>> loss.generator([torch.zeros(1, 1, 2, 2)])
        tensor(0.6931)
    """

    def __init__(self, discriminator_scale: float = 1.0) -> None:
        super().__init__()
        self.discriminator_scale = discriminator_scale

    def generator(self, patch_maps: Sequence[Tensor]) -> Tensor:
        """Loss of the segmentor, summed over the scales.

        Args:
            patch_maps (Sequence[Tensor]): The discriminator's (N, 1, h, w) maps of the fake prediction, one per scale.

        Returns:
            Tensor: Scalar.
        """
        return _cross_entropy(patch_maps, REAL)

    def discriminator(self, net: Callable[[Tensor], Sequence[Tensor]], fake: Tensor, real: Tensor) -> Tensor:
        """Loss of the discriminator, with gradients for its weights only.

        Args:
            net (Callable): The discriminator; returns one (N, 1, h, w) map per scale.
            fake (Tensor): (N, C, H, W). Detached here.
            real (Tensor): (N, C, H', W'). Detached here.

        Returns:
            Tensor: Scalar.
        """
        return self.discriminator_scale * (
            _cross_entropy(net(at_least_float32(real.detach())), REAL)
            + _cross_entropy(net(at_least_float32(fake.detach())), FAKE)
        )


def _cross_entropy(patch_maps: Sequence[Tensor], label: float) -> Tensor:
    losses = [
        F.binary_cross_entropy_with_logits(values, torch.full_like(values, label))
        for values in map(at_least_float32, patch_maps)
    ]
    return torch.stack(losses).sum()
