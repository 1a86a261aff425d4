"""Resizing to one size without stretching."""

from collections.abc import Sequence

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS
from PIL import Image

from mmuda.datasets.label_maps import IGNORE_INDEX
from mmuda.utils.fitting import fit_image, fitted, pad, padded_to_aspect, resized_by_pillow

_LABELS = ('resize', 'full')


@TRANSFORMS.register_module()
class FitAndPad(BaseTransform):
    """Fit the image into a size, its aspect ratio kept, and fill the right or the lower part.

    How DADA (Vu et al., ICCV 2019) and its successors prepare the photos of Mapillary Vistas, which have many sizes:
    image bicubic and filled with 0, label nearest and filled with 255, both by Pillow. Sides are rounded down.

    Two protocols of testing differ by ``label``:

    - ``full`` (DADA, CTRL): the label keeps its resolution and is filled until it has the aspect ratio of ``scale``;
      logits are enlarged to it.
    - ``resize`` (the code of Depth Distribution since June 2022; also for training): the label is resized with the
      image.

    ``ori_shape``, to whose size predictions are resized, becomes that of the label. A label that is loaded after this
    transform is expected to have that size, as pseudo labels made by ``FixedSizePredictor`` do.

    Required keys: ``img``; ``gt_seg_map`` if the label is loaded before. Modified: these, ``img_shape``, ``ori_shape``.

    Args:
        scale (tuple[int, int]): Size (width, height) in pixels.
        label (str): ``'resize'`` or ``'full'``. Defaults to ``'resize'``.

    Raises:
        ValueError: If a setting is none of these.
    """

    def __init__(self, scale: tuple[int, int], label: str = 'resize') -> None:
        if not isinstance(scale, Sequence) or len(scale) != 2 or min(scale) < 1:
            raise ValueError(f'FitAndPad: scale = {scale!r}, expected (width, height) in pixels')
        if label not in _LABELS:
            raise ValueError(f'FitAndPad: label = {label!r}, expected one of {_LABELS}')
        self.scale = (int(scale[0]), int(scale[1]))
        self.label = label

    def transform(self, results: dict) -> dict:
        """Resize and fill image and label."""
        width, height = self.scale
        size = results['img'].shape[:2]
        shape = (height, width) if self.label == 'resize' else padded_to_aspect(size, self.scale)
        if 'gt_seg_map' in results:
            label = results['gt_seg_map']
            if self.label == 'resize':
                label = resized_by_pillow(label, fitted(size, self.scale), Image.Resampling.NEAREST)
            results['gt_seg_map'] = pad(label, shape, IGNORE_INDEX)
        results['img'] = fit_image(results['img'], self.scale)
        results['img_shape'] = (height, width)
        results['ori_shape'] = shape
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(scale={self.scale}, label={self.label!r})'
