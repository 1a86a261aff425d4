"""Packing of a sample with depth at two resolutions."""

import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.registry import TRANSFORMS

from mmuda.datasets.transforms.pack_planes import PackPlanes
from mmuda.datasets.transforms.sample_depth_grid import PLACE, is_whole


@TRANSFORMS.register_module()
class PackDepthGrid(PackPlanes):
    """``PackPlanes`` that adds what ``SampleDepthGrid`` has sampled: ``grid_label`` and ``grid_depth``, (1, h, w).

    Raises:
        KeyError: If there are no planes, or nothing was sampled.
        ValueError: If the image was cropped or mirrored since.
    """

    def transform(self, results: dict) -> dict:
        """Pack the sample."""
        for name in ('grid_label', 'grid_depth', PLACE.name):
            if name not in results:
                raise KeyError(
                    f'PackDepthGrid: image {results.get("img_path")} has no {name}: put SampleDepthGrid behind '
                    'LoadDepth, or take PackPlanes'
                )
        if not is_whole(results[PLACE.name]):
            raise ValueError(
                f'PackDepthGrid: image {results.get("img_path")} was cropped or mirrored after SampleDepthGrid, whose '
                'labels and depths are those of the whole image: leave crops and flips out of this pipeline'
            )
        kinds = {name: kind for name, kind in results['plane_kinds'].items() if name != PLACE.name}
        packed = super().transform(dict(results, plane_kinds=kinds))
        for name in ('grid_label', 'grid_depth'):
            data = torch.from_numpy(np.ascontiguousarray(results[name][None]))
            packed['data_samples'].set_data({name: PixelData(data=data)})
        return packed
