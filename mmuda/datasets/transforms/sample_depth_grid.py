"""Labels and depth at the resolution of the network's outputs."""

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from mmuda.datasets.depth_samples import nearest_on_grid
from mmuda.datasets.transforms.plane_geometry import add_plane
from mmuda.pseudo_labels.planes import LabelPlane

PLACE = LabelPlane('grid_place')  # where in the full-size image each pixel is from; moved as labels are


@TRANSFORMS.register_module()
class SampleDepthGrid(BaseTransform):
    """Sample label and depth of the full-size image at the cells of the network's outputs.

    The published code of Depth Distribution (Wu and Liu, NeurIPS 2022) samples its density maps from frames of full
    size, also where it trains on smaller images. Put it between ``LoadDepth`` and the resizing; ``PackDepthGrid`` packs
    what it adds, and refuses images that were cropped or mirrored in between: how common a depth is depends on where in
    the whole image it is.

    Required keys: ``gt_seg_map``, ``depth``. Added keys: ``grid_label`` ((h, w) uint8),
    ``grid_depth`` ((h, w) float32), and ``grid_place``, a plane for the check.

    Args:
        grid (Sequence[int]): (height, width) of the network's outputs.

    Raises:
        KeyError: If the sample has no label or no depth.
    """

    def __init__(self, grid: Sequence[int]) -> None:
        self.grid = (int(grid[0]), int(grid[1]))

    def transform(self, results: dict) -> dict:
        """Add label and depth of the cells."""
        missing = [
            loader for key, loader in (('gt_seg_map', 'LoadLabelIds'), ('depth', 'LoadDepth')) if key not in results
        ]
        if missing:
            raise KeyError(
                f'SampleDepthGrid: image {results.get("img_path")} has no label or depth: put {" and ".join(missing)} '
                'before it'
            )
        results['grid_label'] = nearest_on_grid(results['gt_seg_map'], self.grid)
        results['grid_depth'] = nearest_on_grid(results['depth'], self.grid)
        height, width = results['gt_seg_map'].shape
        rows, columns = np.ogrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
        add_plane(results, PLACE, (rows + 2 * columns).astype(np.float32))
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(grid={self.grid})'


def is_whole(place: np.ndarray) -> bool:
    """Whether the plane ``grid_place`` (H, W) was at most resized: its corners are still the corners."""
    corners = place[[0, 0, -1, -1], [0, -1, 0, -1]]
    return bool((np.abs(corners - (0, 2, 1, 3)) <= 3 / min(place.shape)).all())
