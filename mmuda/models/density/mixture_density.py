"""The density of Depth Distribution."""

import math
from collections.abc import Sequence

import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor, nn

from mmuda.models.density.density_model import DensityModel
from mmuda.models.density.mixtures import Mixtures


@TASK_UTILS.register_module()
class MixtureDensity(nn.Module, DensityModel):
    """Density of a class at a place and depth by mixtures of Gaussians (Wu and Liu, NeurIPS 2022).

    ``255 * (1 - exp(-scale * p))``, where p is the mixture of the class of the pixel at (column, row, inverse depth).
    The published code writes maps of all classes to files, 9.3 GB for SYNTHIA in 16 classes; here each pixel is
    evaluated when it is needed, for its class alone. In float64: the sky has a standard deviation of 0.001 about the
    depth 1.

    The mixtures are buffers, so that a checkpoint has them. :class:`~mmuda.engine.hooks.DepthDistributionHook` fits and
    sets them before training, or reads them from a file.

    Args:
        num_classes (int): C.
        grid (Sequence[int]): (height, width) of the network's outputs.
        components (int): Gaussians K of each class. Defaults to 5.
        scale (float): Factor on p, which is a density per cell: of a grid with a tenth of the cells it is ten times as
            large, and saturates. Defaults to the published 1e6, which is for (96, 161) cells.
        depth_variance (float): Added to the variances of the depth, since depth that is predicted is never exact: the
            published sky has a density on the source alone. Defaults to 0, as published.

    Raises:
        ValueError: If ``scale`` is not positive or ``depth_variance`` is negative; when called, if there are no
            mixtures or the maps are of another size.

    Example:
        >>> density = MixtureDensity(2, (4, 6))
        >>> density.set(Mixtures.load('work_dirs/depth.npz'), 'depth.npz')  # doctest: +SKIP
        >>> density(torch.zeros(1, 4, 6, dtype=torch.long), torch.full((1, 4, 6), 50.)).shape  # doctest: +SKIP
        torch.Size([1, 4, 6])
    """

    mean: Tensor
    variance: Tensor
    weight: Tensor

    def __init__(
        self,
        num_classes: int,
        grid: Sequence[int],
        components: int = 5,
        scale: float = 1e6,
        depth_variance: float = 0.0,
    ) -> None:
        super().__init__()
        if scale <= 0 or depth_variance < 0:
            raise ValueError(
                f'MixtureDensity: scale = {scale}, expected > 0; depth_variance = {depth_variance}, expected >= 0'
            )
        self.scale, self.depth_variance = scale, depth_variance
        self.grid = (int(grid[0]), int(grid[1]))
        self.num_classes, self.components = num_classes, components
        for name, shape in (('mean', (3,)), ('variance', (3,)), ('weight', ())):
            self.register_buffer(name, torch.zeros(num_classes, components, *shape, dtype=torch.float64))
        self._seen = False

    @property
    def is_set(self) -> bool:
        """bool: Whether there are mixtures. Read from the device until there are some, which stay."""
        self._seen = self._seen or bool((self.weight > 0).any())
        return self._seen

    def set(self, mixtures: Mixtures, origin: str, classes: Sequence[str] | None = None) -> None:
        """Take over mixtures.

        Args:
            mixtures (Mixtures): For the classes and the grid of this density.
            origin (str): Where they are from, for errors.
            classes (Sequence[str], optional): Names of the classes, if they are known. Defaults to None.

        Raises:
            ValueError: If they are of others.
        """
        found = (*mixtures.weight.shape, *mixtures.grid)
        wanted = (self.num_classes, self.components, *self.grid)
        if found != wanted:
            raise ValueError(
                f'the mixtures of {origin} have (classes, components, grid height, grid width) = {found}, expected '
                f'{wanted}: fit them for this config, tools/dataset_tools/fit_depth_distribution.py'
            )
        if classes is not None and tuple(classes) != mixtures.classes:
            raise ValueError(
                f'the mixtures of {origin} are of the classes {mixtures.classes}, expected {tuple(classes)}: fit them '
                'for this config, tools/dataset_tools/fit_depth_distribution.py'
            )
        for name in ('mean', 'variance', 'weight'):
            getattr(self, name).copy_(torch.from_numpy(getattr(mixtures, name)))

    @torch.no_grad()
    def forward(self, class_ids: Tensor, inverse_depth: Tensor) -> Tensor:
        """See :class:`DensityModel`."""
        if class_ids.shape != inverse_depth.shape or tuple(class_ids.shape[1:]) != self.grid:
            raise ValueError(
                f'density: classes {tuple(class_ids.shape)} and depth {tuple(inverse_depth.shape)}, expected '
                f'(N, {self.grid[0]}, {self.grid[1]}): set grid of MixtureDensity to the (height, width) of the '
                "network's outputs"
            )
        likelihood = self.likelihood(class_ids, inverse_depth)
        return (-255 * torch.expm1(-self.scale * likelihood)).to(inverse_depth.dtype)

    @torch.no_grad()
    def likelihood(self, class_ids: Tensor, inverse_depth: Tensor) -> Tensor:
        """Return p of each pixel, as of :meth:`forward`, (N, h, w) float64."""
        if not self.is_set:
            raise ValueError('density: there are no mixtures yet. Put DepthDistributionHook into custom_hooks')
        rows, columns = torch.meshgrid(
            *(torch.arange(side, dtype=torch.float64, device=class_ids.device) for side in class_ids.shape[1:]),
            indexing='ij',
        )
        depth = inverse_depth.double()
        points = torch.stack([columns.expand_as(depth), rows.expand_as(depth), depth], dim=-1)
        variance = self.variance.clone()
        variance[..., 2] += self.depth_variance
        return mixture_likelihood(points, class_ids, self.mean, variance, self.weight)


def mixture_likelihood(points: Tensor, classes: Tensor, mean: Tensor, variance: Tensor, weight: Tensor) -> Tensor:
    """Evaluate mixtures of K diagonal Gaussians, at each point that of its class.

    Args:
        points (Tensor): (..., D), float64.
        classes (Tensor): (...), int64 in [0, C).
        mean, variance (Tensor): (C, K, D), float64.
        weight (Tensor): (C, K), float64.

    Returns:
        Tensor: (...), float64.

    Example:
        >>> zero, one = torch.zeros(1, 1, 3).double(), torch.ones(1, 1, 3).double()
        >>> round(mixture_likelihood(zero[0, 0], torch.tensor(0), zero, one, one[..., 0]).item(), 6)
        0.063494
    """
    height = weight / (2 * math.pi * variance).prod(-1).sqrt()
    distance = (points.unsqueeze(-2) - mean[classes]).square_().mul_((-0.5 / variance)[classes]).sum(-1)
    return distance.exp_().mul_(height[classes]).sum(-1)
