"""What the transforms do to planes, each by its own rule.

``results['plane_kinds']`` says which keys of ``results`` are planes, and of which kind
(:class:`~mmuda.pseudo_labels.planes.Plane`); a plane in ``results`` is (H, W) or (H, W, K). Planes are in
``seg_fields``, too: transforms of MMSegmentation that go by these crop and flip them as labels, and resize them to the
nearest pixel.
"""

import numpy as np

from mmuda.pseudo_labels.planes import Plane


def add_plane(results: dict, plane: Plane, values: np.ndarray) -> None:
    """Add a plane, (H, W) or (K, H, W), to ``results``."""
    results[plane.name] = values if values.ndim == 2 else np.moveaxis(values, 0, -1)
    results['plane_kinds'] = {**results.get('plane_kinds', {}), plane.name: plane}
    results['seg_fields'] = [*results.get('seg_fields', []), plane.name]


def resize_planes(results: dict, size: tuple[int, int]) -> None:
    """Resize all planes to ``size`` = (height, width)."""
    for name, plane in results.get('plane_kinds', {}).items():
        results[name] = plane.resize(results[name], size)


def crop_planes(results: dict, top: int, left: int, size: tuple[int, int]) -> None:
    """Cut ``size`` = (height, width) out of all planes; what is outside is filled."""
    for name, plane in results.get('plane_kinds', {}).items():
        results[name] = plane.crop(results[name], top, left, size)


def mirror_planes(results: dict) -> None:
    """Mirror all planes, left to right."""
    for name in results.get('plane_kinds', {}):
        results[name] = results[name][:, ::-1]
