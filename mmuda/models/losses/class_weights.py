import torch
from mmengine.dist import all_reduce
from mmseg.registry import MODELS
from torch import Tensor, nn


def count_classes(labels: Tensor, num_classes: int, ignore_index: int = 255) -> Tensor:
    """Number of pixels of every class, counted on the labels' device.

    ``scatter_add_`` instead of ``torch.bincount``, which waits for the GPU to learn the largest label.

    Args:
        labels (Tensor): Class ids of any shape and integer type; what lies outside
            [0, num_classes) and ``ignore_index`` is not counted.
        num_classes (int): C.
        ignore_index (int): Label that is never counted, also where it is below C. Defaults to 255.

    Returns:
        Tensor: (C,) int64.
    """
    labels = labels.flatten().long()
    counted = (labels >= 0) & (labels < num_classes) & (labels != ignore_index)
    bins = torch.where(counted, labels, num_classes)
    counts = torch.zeros(num_classes + 1, dtype=torch.int64, device=labels.device)
    return counts.scatter_add_(0, bins, torch.ones_like(bins))[:num_classes]


@MODELS.register_module()
class ClassBalanceWeights(nn.Module):
    """Class weights from the label batch at hand ("class balance" and "often balance" of MRNet).

    A class with fewer than ``min_pixels`` pixels per image (mean over the batch) gets the weight
    ``max_weight``, any other 1. With ``often_balance`` this is multiplied by a moving average that
    starts at 1 and moves toward ``max_weight`` for classes absent from the batch, toward 1 for
    the others. From the published code of Zheng and Yang, IJCAI 2020; the papers only mention
    "class balance".

    Every call updates the moving average, the buffer ``absence`` (C,), which checkpoints carry.
    Pixel and image counts are summed over ranks: all ranks return the weights that one process
    would compute from the whole batch. All ranks must therefore call it.

    Args:
        num_classes (int): C.
        max_weight (float): Weight of rare classes. Defaults to 7.
        min_pixels (int): Pixels per image below which a class is rare. Defaults to 64 * 64.
        often_balance (bool): Whether to use the moving average. Defaults to True.
        momentum (float): Share of the old value in the moving average, in [0, 1]. Defaults to 0.9.
        ignore_index (int): Label that is not counted. Defaults to 255.

    Shape:
        labels: (N, H, W) class ids of any integer type.
        Result: (C,) float32 in [1, max_weight ** 2], on the labels' device.

    Raises:
        ValueError: If ``num_classes``, ``max_weight`` or ``momentum`` is out of range, or the labels
            are not (N, H, W).

    Example:
        >>> weights = ClassBalanceWeights(num_classes=2, min_pixels=4, often_balance=False)
        >>> weights(torch.zeros(1, 2, 2, dtype=torch.long))
        tensor([1., 7.])
    """

    absence: Tensor

    def __init__(
        self,
        num_classes: int,
        max_weight: float = 7.0,
        min_pixels: int = 64 * 64,
        often_balance: bool = True,
        momentum: float = 0.9,
        ignore_index: int = 255,
    ) -> None:
        super().__init__()
        if num_classes < 1:
            raise ValueError(f'ClassBalanceWeights: num_classes must be at least 1, got {num_classes}')
        if max_weight < 1:
            raise ValueError(f'ClassBalanceWeights: max_weight must be at least 1, got {max_weight}')
        if not 0 <= momentum <= 1:
            raise ValueError(f'ClassBalanceWeights: momentum must lie in [0, 1], got {momentum}')
        self.num_classes = num_classes
        self.max_weight = max_weight
        self.min_pixels = min_pixels
        self.often_balance = often_balance
        self.momentum = momentum
        self.ignore_index = ignore_index
        self.register_buffer('absence', torch.ones(num_classes))

    @torch.no_grad()
    def forward(self, labels: Tensor) -> Tensor:
        """Update the moving average with the labels and return the class weights."""
        if labels.ndim != 3:
            raise ValueError(f'ClassBalanceWeights: labels must be (N, H, W), got {tuple(labels.shape)}')
        counts = count_classes(labels, self.num_classes, self.ignore_index)
        totals = torch.cat([counts, counts.new_full((1,), len(labels))])
        all_reduce(totals)
        counts, num_images = totals[:-1], totals[-1]

        weights = self._max_weight_where(counts < self.min_pixels * num_images)
        if not self.often_balance:
            return weights
        self.absence.mul_(self.momentum).add_(self._max_weight_where(counts == 0), alpha=1 - self.momentum)
        return weights * self.absence

    def _max_weight_where(self, mask: Tensor) -> Tensor:
        ones = torch.ones_like(self.absence, device=mask.device)
        return ones.masked_fill(mask, self.max_weight)
