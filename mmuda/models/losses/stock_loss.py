"""MMSegmentation's losses in objectives."""

from typing import Any

import torch
import torch.nn.functional as F
from mmseg.models import losses as stock
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.losses.precision import at_least_float32

KINDS = (stock.CrossEntropyLoss, stock.DiceLoss, stock.FocalLoss, stock.LovaszLoss, stock.OhemCrossEntropy)
REFUSED = (stock.BoundaryLoss, stock.HuasdorffDisstanceLoss, stock.SiLogLoss, stock.TverskyLoss)


class StockLoss(nn.Module):
    """One of MMSegmentation's losses, called as a supervised objective calls its own.

    Ignored pixels (255) give no gradient, also in Dice and Focal, where MMSegmentation counts their predictions. How
    pixels are averaged is otherwise left to the loss: ``CrossEntropyLoss`` without ``avg_non_ignore=True`` counts
    ignored pixels in the mean. Without a labeled pixel the loss is 0. Each rank averages over its own batch.

    Args:
        loss (nn.Module): One of :data:`KINDS`.
        ignore_index (int): Label without supervision. Defaults to 255.

    Shape:
        logits: (N, C, H, W). labels: (N, H, W) class ids. class_weight: (C,) or None for those of the loss itself.
        Result: a scalar, or whatever ``reduction='none'`` gives.
    """

    def __init__(self, loss: nn.Module, ignore_index: int = 255) -> None:
        super().__init__()
        self.loss: Any = loss
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, labels: Tensor, class_weight: Tensor | None = None) -> Tensor:
        """Return the loss."""
        logits, labels = at_least_float32(logits), labels.long()
        labeled = labels != self.ignore_index
        if class_weight is not None:
            self.loss.class_weight = class_weight.tolist()
        if not labeled.any():
            return 0.0 * logits.sum()
        if isinstance(self.loss, stock.CrossEntropyLoss):
            return self._cross_entropy(logits, labels, labeled)
        if isinstance(self.loss, stock.DiceLoss):
            return self._dice(logits, labels, labeled)
        if isinstance(self.loss, stock.FocalLoss):  # class ids instead of vectors fail on the CPU
            return self.loss(logits, self._one_hot(logits, labels, labeled), weight=labeled.flatten().float())
        return self.loss(logits, labels)

    def _cross_entropy(self, logits: Tensor, labels: Tensor, labeled: Tensor) -> Tensor:
        total = None
        if self.loss.class_weight is not None and not self.loss.use_sigmoid and self.loss.reduction == 'mean':
            # The loss itself would look for the weight of the class 255.
            weights = logits.new_tensor(self.loss.class_weight)
            total = weights[labels.where(labeled, 0)].where(labeled, 0).sum()
        return self.loss(logits, labels, avg_factor=total, ignore_index=self.ignore_index)

    def _dice(self, logits: Tensor, labels: Tensor, labeled: Tensor) -> Tensor:
        probabilities = logits.sigmoid() if self.loss.use_sigmoid else logits.softmax(dim=1)
        return self.loss(probabilities.where(labeled[:, None], 0), self._one_hot(logits, labels, labeled))

    @staticmethod
    def _one_hot(logits: Tensor, labels: Tensor, labeled: Tensor) -> Tensor:
        vectors = F.one_hot(labels.where(labeled, 0), logits.shape[1]).movedim(-1, 1)
        return torch.where(labeled[:, None], vectors, 0)


def supervised_loss(config: dict, name: str, class_weights: bool = False) -> nn.Module:
    """Build the loss of an objective that calls it with logits and labels.

    Args:
        config (dict): A loss of mmuda, one of :data:`KINDS`, or one of your own.
        name (str): Of the objective, for errors.
        class_weights (bool): Whether the objective gives class weights, too. Defaults to False.

    Raises:
        ValueError: If a loss of MMSegmentation cannot do what the objective asks for.
    """
    loss = MODELS.build(config)
    if isinstance(loss, REFUSED):
        raise ValueError(
            f'objective {name!r}: loss {type(loss).__name__} of MMSegmentation is not made for class labels with '
            f'ignored pixels: choose one of {[known.__name__ for known in KINDS]} or a loss of mmuda'
        )
    if not isinstance(loss, KINDS):
        return loss
    _check_settings(loss, name, class_weights)
    if isinstance(loss, stock.DiceLoss):
        loss.activate = False  # StockLoss does it, to leave ignored pixels out
    return StockLoss(loss)


def _check_settings(loss: nn.Module, name: str, class_weights: bool) -> None:
    """Refuse settings of a loss of MMSegmentation that do not fit class labels with ignored pixels."""
    if isinstance(loss, stock.CrossEntropyLoss) and loss.use_mask:
        raise ValueError(f'objective {name!r}: CrossEntropyLoss with use_mask=True knows no ignored pixels: remove it')
    if isinstance(loss, stock.LovaszLoss) and loss.cls_criterion is not stock.lovasz_loss.lovasz_softmax:
        raise ValueError(f"objective {name!r}: LovaszLoss with loss_type='binary' knows one class: remove it")
    if class_weights and isinstance(loss, stock.DiceLoss):
        raise ValueError(
            f'objective {name!r}: DiceLoss has one term for all classes and cannot take class_weights: '
            'remove class_weights, or choose another loss'
        )
    if class_weights and loss.class_weight is not None:
        raise ValueError(
            f'objective {name!r}: class_weights and loss.class_weight of {type(loss).__name__} are both set: remove one'
        )
    if isinstance(loss, stock.DiceLoss) and not loss.activate:
        raise ValueError(f'objective {name!r}: DiceLoss with activate=False takes logits for probabilities: remove it')


def special_loss(config: dict, name: str, call: str) -> nn.Module:
    """Build the loss of an objective that calls it in a way of its own.

    Args:
        config (dict): Of the loss.
        name (str): Of the objective, for errors.
        call (str): How it is called, for errors.

    Raises:
        ValueError: If it is a loss of MMSegmentation, which are called with the logits of one classifier and labels.
    """
    loss = MODELS.build(config)
    if isinstance(loss, KINDS + REFUSED):
        raise ValueError(
            f'objective {name!r}: {type(loss).__name__} of MMSegmentation compares the logits of one '
            f'classifier with labels, but this objective calls its loss as {call}: leave `loss` out'
        )
    return loss
