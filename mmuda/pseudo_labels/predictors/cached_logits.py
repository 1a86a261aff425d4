"""Predictions at the resolution of the network, with what is needed to enlarge them to the image."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class CachedLogits:
    """What a network gave for an image, before it is enlarged.

    The network saw the resized image, padded at the bottom and right. Enlarging leaves the padding out.

    Args:
        values (Tensor): (..., h, w), over the whole padded input.
        padded (tuple[int, int]): (height, width) of the network's input.
        content (tuple[int, int]): (height, width) of the resized image in it, in its upper left corner.
        align_corners (bool): How the decode head resizes.

    Raises:
        ValueError: If the content is larger than the input.
    """

    values: Tensor
    padded: tuple[int, int]
    content: tuple[int, int]
    align_corners: bool

    def __post_init__(self) -> None:
        if any(inner > outer for inner, outer in zip(self.content, self.padded)):
            raise ValueError(
                f'an image of (height, width) = {self.content} does not fit into an input of {self.padded}'
            )

    @property
    def layout(self) -> tuple[int, ...]:
        """All but the values, as integers for a file."""
        return (*self.padded, *self.content, int(self.align_corners))

    @classmethod
    def from_layout(cls, values: Tensor, layout: Sequence[int]) -> 'CachedLogits':
        """Put values and :attr:`layout` together again.

        Raises:
            ValueError: If the layout is not complete.
        """
        if len(layout) != 5:
            raise ValueError(
                f'cached logits have the layout {list(layout)}, expected 5 numbers: they were made by an earlier '
                'version. Delete the folder of the pseudo labels and label again'
            )
        height, width, inner_height, inner_width, align_corners = layout
        return cls(values, (height, width), (inner_height, inner_width), bool(align_corners))

    def resized(self, size: tuple[int, int]) -> Tensor:
        """Return the values (N, C, H, W) of the image at ``size`` = (H, W), bilinearly; they are (N, C, h, w)."""
        if self.content == self.padded:
            return F.interpolate(self.values, size, mode='bilinear', align_corners=self.align_corners)
        return torch.stack([self.crop(index, size, (0, 0, *size)) for index in range(len(self.values))])

    def crop(self, index: int, size: tuple[int, int], box: tuple[int, int, int, int]) -> Tensor:
        """Return the part ``box`` of ``resized(size)[index]``, see :func:`crop_of_resized`."""
        trim = int(self.align_corners)
        rows, columns = ((inner - trim) / max(outer - trim, 1) for inner, outer in zip(self.content, self.padded))
        return crop_of_resized(self.values[index], size, box, self.align_corners, (rows, columns))


def crop_of_resized(
    maps: Tensor,
    size: tuple[int, int],
    box: tuple[int, int, int, int],
    align_corners: bool = True,
    shown: tuple[float, float] = (1.0, 1.0),
) -> Tensor:
    """Part of bilinearly resized maps, without making the whole.

    With it, soft labels of a crop come from stored maps of low resolution::

        probabilities = crop_of_resized(stored, (1024, 2048), (top, left, 512, 1024))
        soft_labels = lrent_targets(probabilities, thresholds, alpha)

    Args:
        maps (Tensor): (C, h, w).
        size (tuple[int, int]): (height, width) of the whole resized maps.
        box (tuple[int, int, int, int]): (top, left, height, width) of the part, inside of them.
        align_corners (bool): As in ``F.interpolate``. Defaults to True, as in the published code.
        shown (tuple[float, float]): Which share of height and width of the maps, from the upper left corner, makes
            the whole; the rest is padding. Defaults to all.

    Returns:
        Tensor: (C, height, width) of the box, equal to ``F.interpolate(maps[None], size, mode='bilinear',
        align_corners=align_corners)[0]`` cut to the box.

    Raises:
        ValueError: If the box is not inside.
    """
    top, left, height, width = box
    if min(box) < 0 or top + height > size[0] or left + width > size[1]:
        raise ValueError(
            f'the box (top, left, height, width) = {tuple(box)} does not lie inside of maps of '
            f'(height, width) = {tuple(size)}'
        )
    rows, columns = (
        _normalized(torch.arange(begin, begin + length, device=maps.device), full, align_corners, share)
        for begin, length, full, share in ((top, height, size[0], shown[0]), (left, width, size[1], shown[1]))
    )
    grid = torch.stack([columns.expand(height, width), rows[:, None].expand(height, width)], dim=-1)
    return F.grid_sample(
        maps[None], grid[None].to(maps.dtype), mode='bilinear', padding_mode='border', align_corners=align_corners
    )[0]


def _normalized(positions: Tensor, length: int, align_corners: bool, share: float) -> Tensor:
    """Pixel positions as the coordinates of ``F.grid_sample``, float64."""
    positions = positions.double()
    along = positions / max(length - 1, 1) if align_corners else (positions + 0.5) / length  # 0..1
    return 2 * share * along - 1
