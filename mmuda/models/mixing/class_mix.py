"""ClassMix across domains: paste the pixels of classes of a source label onto a target image."""

import torch
from torch import Tensor

IGNORE = 255
NUM_IDS = 256


def class_mask(labels: Tensor, drawn: Tensor) -> Tensor:
    """Pixels whose id is drawn.

    Args:
        labels (Tensor): (N, H, W) int64, class ids or 255.
        drawn (Tensor): (N, 256) bool.

    Returns:
        Tensor: (N, H, W) bool.
    """
    return drawn.gather(1, labels.flatten(1)).view_as(labels)


def paste(mask: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Put the masked pixels of each source image, label or weight map onto the target's with the same index.

    Args:
        mask (Tensor): (N, H, W) bool.
        source, target (Tensor): (N, H, W) or (N, C, H, W), both alike.

    Returns:
        Tensor: ``source`` where ``mask``, else ``target``.

    Raises:
        ValueError: If the batches differ in their number or size of images.
    """
    if source.shape != target.shape:
        raise ValueError(
            f'the source batch is {tuple(source.shape)} and the target batch {tuple(target.shape)}: '
            'ClassMix pairs the images of both, give both the same batch size and crop size'
        )
    return torch.where(mask[:, None] if source.dim() == 4 else mask, source, target)
