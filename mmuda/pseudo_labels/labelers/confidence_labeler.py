"""Pseudo labels by one threshold."""

from typing import Any

from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.pseudo_labels.labelers.labeler import IGNORE_INDEX, Labeler, LabelPlanes, check_num_classes


@TASK_UTILS.register_module()
class ConfidenceLabeler(Labeler):
    """The most probable class, where it is probable enough.

    Args:
        threshold (float, optional): Pixels whose highest probability is below it are ignored (255).
            Defaults to None: every pixel is labeled.

    Example:
        >>> ConfidenceLabeler(0.9)(torch.tensor([[[0.95, 0.6]], [[0.05, 0.4]]])).label
        tensor([[  0, 255]], dtype=torch.uint8)
    """

    def __init__(self, threshold: float | None = None) -> None:
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(f'threshold must lie in (0, 1], got {threshold}')
        self.threshold = threshold

    def __call__(self, probabilities: Tensor) -> LabelPlanes:
        """Label one image.

        Args:
            probabilities (Tensor): (C, H, W), at most 255 classes.

        Returns:
            LabelPlanes: Labels, 255 where ignored (the first of equal classes wins), and the highest probability.

        Raises:
            ValueError: If the class ids do not fit into 8 bits.
        """
        check_num_classes(len(probabilities))
        confidence, label = probabilities.max(dim=0)
        label = label.byte()
        if self.threshold is not None:
            label[~(confidence >= self.threshold)] = IGNORE_INDEX  # NaN reaches no threshold
        return LabelPlanes(label, confidence)

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`."""
        return dict(type='ConfidenceLabeler', threshold=self.threshold)
