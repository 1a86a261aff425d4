from collections.abc import Sequence

import torch
from torch import Tensor


def label_grid(labels: Tensor, size: Sequence[int], flipped: Sequence[bool] | None = None) -> Tensor:
    """Labels at the resolution of the logits: every s-th pixel, starting with s // 2.

    For stride 8 the rows and columns 4, 12, 20, ..., as in CBST (Zou et al., ECCV 2018), whose loss does
    not resize logits. The published code mirrors images after this; a label that was mirrored before has its
    grid at the columns 3, 11, 19, ...

    Args:
        labels (Tensor): (N, H, W), class ids of any type.
        size (Sequence[int]): Height and width of the logits; H and W are multiples of them.
        flipped (Sequence[bool], optional): Per image, whether it was mirrored left to right. Defaults to
            None: none.

    Returns:
        Tensor: (N, *size), of the type of ``labels``.

    Raises:
        ValueError: If H and W are no multiples of ``size``.
    """
    height, width = labels.shape[-2:]
    rows, columns = size
    if height % rows or width % columns:
        raise ValueError(
            f'labels of {height}x{width} pixels are no multiple of the logits of {rows}x{columns}: '
            'choose a crop size that is a multiple of the stride of the network'
        )
    rows, columns = height // rows, width // columns
    grid = labels[:, rows // 2 :: rows, columns // 2 :: columns]
    if flipped is None or not any(flipped):
        return grid
    mirrored = labels.flip(-1)[:, rows // 2 :: rows, columns // 2 :: columns].flip(-1)
    return torch.where(torch.tensor(flipped, device=labels.device)[:, None, None], mirrored, grid)
