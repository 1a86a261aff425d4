"""Packing of a sample with its planes."""

import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.datasets.transforms import PackSegInputs
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackPlanes(PackSegInputs):
    """``PackSegInputs`` that adds all planes that ``LoadPlanes`` has read.

    Required keys: those of ``PackSegInputs``; ``plane_kinds``. Added to the data sample: a ``PixelData`` of the name of
    each plane, with ``data`` (1, H, W) or (K, H, W), of the type of the plane.

    Raises:
        KeyError: If there are no planes.
        ValueError: If a plane has another size than the image.
    """

    def transform(self, results: dict) -> dict:
        """Pack the sample."""
        if not results.get('plane_kinds'):
            raise KeyError(
                f'PackPlanes: image {results.get("img_path")} has no planes: put LoadPlanes into the pipeline, or take '
                'PackSegInputs'
            )
        packed = super().transform(results)
        for name in results['plane_kinds']:
            values = results[name]
            if values.shape[:2] != results['img'].shape[:2]:
                raise ValueError(
                    f'PackPlanes: the plane {name} of {results.get("img_path")} has (height, width) = '
                    f'{values.shape[:2]}, its image {results["img"].shape[:2]}: a transform of the pipeline leaves '
                    'planes as they are; LoadPlanes names those that do not'
                )
            layers = values[None] if values.ndim == 2 else np.moveaxis(values, -1, 0)
            data = PixelData(data=torch.from_numpy(np.ascontiguousarray(layers)))
            packed['data_samples'].set_data({name: data})
        return packed
