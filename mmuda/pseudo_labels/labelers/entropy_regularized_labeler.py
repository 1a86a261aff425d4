"""Soft pseudo labels by entropy regularization (LRENT)."""

from typing import Any

from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.pseudo_labels.labelers.class_balanced_labeler import ClassBalancedLabeler
from mmuda.pseudo_labels.labelers.labeler import IGNORE_INDEX, LabelPlanes
from mmuda.pseudo_labels.thresholds.assignment import reweighted_class


def lrent_soft_labels(probabilities: Tensor, thresholds: Tensor, alpha: float = 0.25) -> Tensor:
    """Soft labels with label entropy regularization (Zou et al., ICCV 2019, Sec. 4.2).

    s_c is proportional to (p_c / t_c)^(1 / alpha) and sums to 1 over the classes.

    Args:
        probabilities (Tensor): p, (..., C, H, W). Negative values count as 0.
        thresholds (Tensor): t, (C,), positive.
        alpha (float): Weight of the entropy, positive; small ones give hard labels. Defaults to 0.25.

    Returns:
        Tensor: s, of the shape of ``probabilities``; 0 where all probabilities are.

    Raises:
        ValueError: If ``alpha`` or a threshold is not positive.
    """
    _check(thresholds, alpha)
    ratio = probabilities.clamp_min(0) / thresholds[:, None, None]
    return (ratio.log() / alpha).softmax(dim=-3).nan_to_num(0)


def lrent_kept(probabilities: Tensor, thresholds: Tensor, alpha: float = 0.25) -> Tensor:
    """Which pixels have a soft label: those with sum_c (p_c / t_c)^(1 / alpha) > 1, strictly.

    There the soft label costs less than no label at all. Arguments as of :func:`lrent_soft_labels`.

    Returns:
        Tensor: (..., H, W), bool.
    """
    _check(thresholds, alpha)
    powers = (
        (plane.clamp_min(0) / threshold).pow(1 / alpha)
        for plane, threshold in zip(probabilities.unbind(-3), thresholds)
    )
    return sum(powers) > 1


def lrent_targets(probabilities: Tensor, thresholds: Tensor, alpha: float = 0.25) -> Tensor:
    """Soft labels for the loss: 0 for all classes where the pixel is not kept.

    Arguments as of :func:`lrent_soft_labels`.

    Returns:
        Tensor: (..., C, H, W).
    """
    kept = lrent_kept(probabilities, thresholds, alpha)
    return lrent_soft_labels(probabilities, thresholds, alpha) * kept.unsqueeze(-3)


@TASK_UTILS.register_module()
class EntropyRegularizedLabeler(ClassBalancedLabeler):
    """Class-balanced thresholds and the selection of LRENT (Zou et al., ICCV 2019, Sec. 4.2).

    The labels are those of the highest ratio p_c / t_c, where the pixel has a soft label
    (:func:`lrent_kept`). The soft labels themselves are a function of the probabilities and of
    ``thresholds_used``: :func:`lrent_targets`.

    Args:
        portion (float): In (0, 1]. Defaults to 0.2.
        alpha (float): Weight of the entropy, positive. Defaults to 0.25.
        sampling (str): As of :class:`ClassBalancedLabeler`. Defaults to ``'crst'``.
        kwargs: ``rare_number``, ``rare_share``: as there.
    """

    def __init__(self, portion: float = 0.2, alpha: float = 0.25, sampling: str = 'crst', **kwargs: Any) -> None:
        if not alpha > 0:
            raise ValueError(f'EntropyRegularizedLabeler: alpha must be positive, got {alpha}')
        super().__init__(portion, sampling=sampling, **kwargs)
        if self.prior is not None or self.policy != 'class':
            raise ValueError(
                "EntropyRegularizedLabeler: LRENT is defined with policy='class' and without prior; "
                'remove `policy` and `prior`'
            )
        self.alpha = alpha

    def __call__(self, probabilities: Tensor) -> LabelPlanes:
        """Label one image, see :meth:`ClassBalancedLabeler.__call__`."""
        self._check_ready()
        self._check_shape(probabilities)
        _, label = reweighted_class(self._scores(probabilities), self.thresholds_used)
        kept = lrent_kept(probabilities.float(), self.thresholds_used, self.alpha)
        return LabelPlanes(label.masked_fill_(~kept, IGNORE_INDEX), probabilities.amax(0).clamp_(0, 1))

    def settings(self) -> dict[str, Any]:
        """See :class:`ClassBalancedLabeler`."""
        return dict(super().settings(), alpha=self.alpha)


def _check(thresholds: Tensor, alpha: float) -> None:
    if not alpha > 0:
        raise ValueError(f'alpha must be positive, got {alpha}')
    if not (thresholds > 0).all():
        raise ValueError(f'thresholds must be positive, got {thresholds.tolist()}')
