from abc import ABCMeta, abstractmethod

from torch import Tensor, nn


class PixelWeightedLoss(nn.Module, metaclass=ABCMeta):
    """Base class of losses with a weight per pixel, averaged over all pixels.

    Args:
        loss_weight (float): Factor on the result. Defaults to 1.0.

    Attributes:
        soft_targets (bool): Whether the target is probabilities (N, C, H, W) instead of class ids (N, H, W).
    """

    soft_targets = False

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    @abstractmethod
    def forward(self, logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """Return the loss, a scalar; no gradient flows into target and weights.

        Args:
            logits (Tensor): (N, C, H, W).
            target (Tensor): (N, H, W) class ids of any integer type, or, with ``soft_targets``, (N, C, H, W).
            weight (Tensor, optional): (N, H, W). Defaults to None: 1.
        """
