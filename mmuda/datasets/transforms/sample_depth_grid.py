"""Labels and depth at the resolution of the network's outputs."""

from collections.abc import Sequence

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from mmuda.datasets.depth_samples import nearest_on_grid


@TRANSFORMS.register_module()
class SampleDepthGrid(BaseTransform):
    """Sample label and depth of the full-size image at the cells of the network's outputs.

    The published code of Depth Distribution (Wu and Liu, NeurIPS 2022) samples its density maps from frames of full
    size, also where it trains on smaller images. Put it between ``LoadDepth`` and the resizing; ``PackDepthGrid`` packs
    what it adds. Crops and mirror images do not move it: the pipeline has none, as the published one.

    Required keys: ``gt_seg_map``, ``depth``. Added keys: ``grid_label`` ((h, w) uint8) and
    ``grid_depth`` ((h, w) float32).

    Args:
        grid (Sequence[int]): (height, width) of the network's outputs.
    """

    def __init__(self, grid: Sequence[int]) -> None:
        self.grid = (int(grid[0]), int(grid[1]))

    def transform(self, results: dict) -> dict:
        """Add label and depth of the cells."""
        results['grid_label'] = nearest_on_grid(results['gt_seg_map'], self.grid)
        results['grid_depth'] = nearest_on_grid(results['depth'], self.grid)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(grid={self.grid})'
