import torch
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32


@MODELS.register_module()
class BerHuLoss(nn.Module):
    """The reverse Huber loss: absolute errors where they are small, squares where they are large.

    With ``e = |prediction - target|`` and ``c = threshold * max(e)``: ``e`` up to ``c``, ``(e^2 + c^2) / (2 c)`` above;
    the mean over all elements. Laina et al., Deeper Depth Prediction, 3DV 2016; DADA (Vu et al., ICCV 2019) uses it for
    inverse depth. The largest error is that of the whole batch at hand, of one rank, and a constant for the gradient.

    Where every error is 0 the loss and its gradient are 0; the published code has NaN there.

    Args:
        threshold (float): Share of the largest error up to which the loss is linear, in (0, 1]. Defaults to 0.2.

    Shape:
        prediction, target: any shape, the same for both. Result: scalar.

    Raises:
        ValueError: If ``threshold`` is out of range, or the shapes differ.

    Example:
        >>> BerHuLoss()(torch.tensor([0.0, 1.0, 2.0, 10.0]), torch.zeros(4))
        tensor(7.2500)
    """

    def __init__(self, threshold: float = 0.2) -> None:
        super().__init__()
        if not 0 < threshold <= 1:
            raise ValueError(f'BerHuLoss: threshold must lie in (0, 1], got {threshold}')
        self.threshold = threshold

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        if prediction.shape != target.shape:
            raise ValueError(
                f'BerHuLoss: the prediction is {tuple(prediction.shape)}, its target {tuple(target.shape)}, expected '
                'the same shape'
            )
        error = (at_least_float32(prediction) - at_least_float32(target)).abs()
        limit = self.threshold * error.detach().max()
        divisor = 2 * limit.clamp_min(torch.finfo(limit.dtype).tiny)  # no 0 / 0
        return torch.where(error <= limit, error, (error.square() + limit.square()) / divisor).mean()
