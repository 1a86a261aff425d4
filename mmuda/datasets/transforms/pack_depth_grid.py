"""Packing of a sample with depth at two resolutions."""

import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.registry import TRANSFORMS

from mmuda.datasets.transforms.pack_planes import PackPlanes


@TRANSFORMS.register_module()
class PackDepthGrid(PackPlanes):
    """``PackPlanes`` that adds what ``SampleDepthGrid`` has sampled: ``grid_label`` and ``grid_depth``, (1, h, w).

    Raises:
        KeyError: If there are no planes, or nothing was sampled.
    """

    def transform(self, results: dict) -> dict:
        """Pack the sample."""
        packed = super().transform(results)
        for name in ('grid_label', 'grid_depth'):
            if name not in results:
                raise KeyError(
                    f'PackDepthGrid: image {results.get("img_path")} has no {name}: put SampleDepthGrid behind '
                    'LoadDepth, or take PackPlanes'
                )
            data = torch.from_numpy(np.ascontiguousarray(results[name][None]))
            packed['data_samples'].set_data({name: PixelData(data=data)})
        return packed
