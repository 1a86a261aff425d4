"""ClassMix across domains: draw classes of a source label and paste their pixels onto a target image."""

import numpy as np
import torch
from torch import Tensor

IGNORE = 255
NUM_IDS = 256


def present_ids(labels: Tensor, mix_ignored: bool = True) -> Tensor:
    """Ids that occur in each label.

    Args:
        labels (Tensor): (N, H, W) int64, class ids or 255.
        mix_ignored (bool): Whether 255 counts. Defaults to True.

    Returns:
        Tensor: (N, 256) bool.
    """
    present = torch.zeros(len(labels), NUM_IDS, dtype=torch.bool, device=labels.device)
    rows = NUM_IDS * torch.arange(len(labels), device=labels.device)[:, None]
    present.view(-1).index_fill_(0, (labels.flatten(1) + rows).flatten(), True)
    if not mix_ignored:
        present[:, IGNORE] = False
    return present


def draw_classes(labels: Tensor, mix_ignored: bool = True) -> Tensor:
    """Draw half of the classes of each label, on its device and without waiting for it.

    ``ceil(n / 2)`` of the ``n`` ids in a label, each subset equally likely, from torch's global generator.
    Tranheden et al., "DACS", WACV 2021, Sec. 3.1, after Olsson et al., "ClassMix", WACV 2021.

    Args:
        labels (Tensor): (N, H, W) int64, class ids or 255.
        mix_ignored (bool): Count 255 as a class, as the published code does. Defaults to True.

    Returns:
        Tensor: (N, 256) bool, which ids are drawn; none for a label without a class.
    """
    present = present_ids(labels, mix_ignored)
    scores = torch.rand(present.shape, device=labels.device).where(present, 2)
    rank = scores.argsort(dim=1).argsort(dim=1)
    return present & (2 * rank < present.sum(dim=1, keepdim=True))


def draw_classes_numpy(labels: Tensor, mix_ignored: bool = True) -> Tensor:
    """Draw half of the classes of each label as the published code of DACS does.

    ``numpy.random.choice`` from NumPy's global state, over the sorted ids of each label in turn. Which ids there are is
    read on the host, which waits for the device once.

    Args and result are those of :func:`draw_classes`.
    """
    drawn = np.zeros((len(labels), NUM_IDS), bool)
    for row, present in zip(drawn, present_ids(labels, mix_ignored).cpu().numpy()):
        ids = np.flatnonzero(present)
        if len(ids):
            row[ids[np.random.choice(len(ids), (len(ids) + 1) // 2, replace=False)]] = True
    return torch.from_numpy(drawn).to(labels.device, non_blocking=True)


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
