from collections.abc import Callable, Sequence

import torch
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32


def gradient_penalty(patch_maps: Sequence[Tensor], inputs: Tensor) -> Tensor:
    """Zero-centered gradient penalty: squared norm of the gradient of every map's sum.

    Args:
        patch_maps (Sequence[Tensor]): One (N, 1, h, w) map per scale, computed from ``inputs``.
        inputs (Tensor): (N, C, H, W), requires grad.

    Returns:
        Tensor: Scalar, mean over images of the squared norms, summed over scales; differentiable.
    """
    penalty = inputs.new_zeros(())
    for patch_map in patch_maps:
        total = at_least_float32(patch_map).sum()
        (gradient,) = torch.autograd.grad(total, inputs, create_graph=True)
        penalty = penalty + gradient.square().flatten(1).sum(1).mean()
    return penalty


@MODELS.register_module()
class LSGANLoss(nn.Module):
    """Least-squares adversarial losses with a zero-centered gradient penalty on real maps.

    Least-squares loss: Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017.
    Penalty: Mescheder et al., "Which Training Methods for GANs do actually Converge?", ICML 2018,
    Eq. 9. The scales of the published code of Zheng and Yang, IJCAI 2020 (its paper writes the
    logarithmic GAN loss).

    Args:
        generator_scale (float): Factor on the generator's loss. Defaults to 2.0.
        gradient_penalty (float): Factor on the penalty, 0 leaves it out. Defaults to 0.01.

    Example:
        >>> loss = LSGANLoss()
        >>> loss.generator([torch.zeros(1, 1, 2, 2)] * 3)
        tensor(6.)
    """

    def __init__(self, generator_scale: float = 2.0, gradient_penalty: float = 0.01) -> None:
        super().__init__()
        self.generator_scale = generator_scale
        self.gradient_penalty = gradient_penalty

    def generator(self, patch_maps: Sequence[Tensor]) -> Tensor:
        """Loss of the segmentor: ``generator_scale * sum_scales mean((D(fake) - 1)^2)``.

        Args:
            patch_maps (Sequence[Tensor]): The discriminator's (N, 1, h, w) maps of the fake
                prediction, one per scale.

        Returns:
            Tensor: Scalar.
        """
        return self.generator_scale * _squared_distance(patch_maps, 1.0)

    def discriminator(self, net: Callable[[Tensor], Sequence[Tensor]], fake: Tensor, real: Tensor) -> Tensor:
        """Loss of the discriminator, with gradients for its weights only.

        ``sum_scales mean(D(fake)^2) + mean((D(real) - 1)^2) + gradient_penalty * GP(real)``

        Args:
            net (Callable): The discriminator; returns one (N, 1, h, w) map per scale.
            fake (Tensor): (N, C, H, W) probability maps, labeled 0. Detached here.
            real (Tensor): (N, C, H, W) probability maps, labeled 1. Detached here.

        Returns:
            Tensor: Scalar.
        """
        penalized = self.gradient_penalty != 0
        fake = at_least_float32(fake.detach())
        real = at_least_float32(real.detach()).requires_grad_(penalized)
        real_maps = net(real)
        loss = _squared_distance(net(fake), 0.0) + _squared_distance(real_maps, 1.0)
        if penalized:
            loss = loss + self.gradient_penalty * gradient_penalty(real_maps, real)
        return loss


def _squared_distance(patch_maps: Sequence[Tensor], label: float) -> Tensor:
    first, *others = ((at_least_float32(patch_map) - label).square().mean() for patch_map in patch_maps)
    return sum(others, first)
