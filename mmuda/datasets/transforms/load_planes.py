"""Loading of what is stored beside the labels."""

from collections.abc import Sequence

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from mmuda.datasets.transforms.plane_geometry import add_plane


@TRANSFORMS.register_module()
class LoadPlanes(BaseTransform):
    """Read planes of an image, such as the confidence of its pseudo labels.

    ``LoadLabelIds`` reads the labels; this reads what else there is. ``JitteredResize``, ``HardSampleCrop``,
    ``CenteredMiningCrop``, ``RareClassCrop`` and ``HorizontalFlip`` carry planes along, ``PackPlanes`` packs them.

    Required keys: ``plane_files`` (name -> kind and path), which ``PseudoLabelDataset`` gives; ``img`` where it is
    loaded. Added keys: one of the name of each plane, (H, W) or (H, W, K); ``plane_kinds``, ``seg_fields``.

    Args:
        names (Sequence[str], optional): Planes to read. Defaults to None: all that there are.

    Raises:
        KeyError: If there is no such plane.
        OSError: If a file is missing (FileNotFoundError) or damaged.
        ValueError: If a plane has another size than the image.

    Example of a config::

        pipeline=[dict(type='LoadImageStrict'), dict(type='LoadLabelIds'),
                  dict(type='LoadPlanes', names=['confidence']),
                  dict(type='HorizontalFlip'), dict(type='PackPlanes')]
    """

    def __init__(self, names: Sequence[str] | None = None) -> None:
        self.names = None if names is None else tuple(names)

    def transform(self, results: dict) -> dict:
        """Add the planes to the results."""
        files = results.get('plane_files', {})
        names = list(files) if self.names is None else self.names
        missing = [name for name in names if name not in files]
        if missing or not files:
            raise KeyError(
                f'LoadPlanes: image {results.get("img_path")} has no planes {missing}, it has {list(files)}: take them '
                'out of `names`, or label again with a labeler that gives them; only images of a PseudoLabelDataset '
                'have planes'
            )
        for name in names:
            plane, path = files[name]
            try:
                values = plane.read(path)
            except FileNotFoundError as error:
                raise FileNotFoundError(
                    f'LoadPlanes: the plane {name} of {results.get("img_path")} is missing at {path}: let '
                    'PseudoLabelHook run again before training, it makes what a store lacks'
                ) from error
            if 'img' in results and values.shape[-2:] != results['img'].shape[:2]:
                raise ValueError(
                    f'LoadPlanes: {path} has (height, width) = {values.shape[-2:]}, its image '
                    f'{results.get("img_path")} {results["img"].shape[:2]}: load planes before any resizing, or label '
                    'again'
                )
            add_plane(results, plane, values)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(names={self.names})'
