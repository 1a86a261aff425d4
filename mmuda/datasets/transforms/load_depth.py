"""Loading of depth."""

from pathlib import Path

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from mmuda.datasets.files.depth_files import DEPTH
from mmuda.datasets.transforms.plane_geometry import add_plane


@TRANSFORMS.register_module()
class LoadDepth(BaseTransform):
    """Read the depth of an image of SYNTHIA as inverse depth, ``65536 / (depth in cm + 1)``.

    The file of ``<data_root>/RGB/<name>`` is ``<data_root>/Depth/<name>``. The transforms that :class:`LoadPlanes`
    names carry the plane ``depth`` along, each output pixel with the depth that the published code gives it;
    ``PackPlanes`` packs it, so that ``step.planes('source', 'depth')`` is (N, 1, H, W), float32.

    Required keys: ``img_path``, ``img``. Added keys: ``depth`` ((H, W) float32), ``plane_kinds``, ``seg_fields``.

    Args:
        image_folder (str): Folder of the images, a part of their paths. Defaults to ``'RGB'``.
        depth_folder (str): What stands there in the path of the depth. Defaults to ``'Depth'``.

    Raises:
        KeyError: If the image does not lie in ``image_folder``, as those of a target, which has no depth.
        FileNotFoundError: If there is no depth file.
        OSError: If the file is damaged, or has 8 bits or several channels.
        ValueError: If the depth has another size than the image.

    Example of a config::

        pipeline=[dict(type='LoadImageStrict'), dict(type='LoadLabelIds'), dict(type='LoadDepth'),
                  dict(type='JitteredResize', scale=(1280, 760), ratio_range=None), dict(type='PackPlanes')]
    """

    def __init__(self, image_folder: str = 'RGB', depth_folder: str = 'Depth') -> None:
        self.image_folder = image_folder
        self.depth_folder = depth_folder

    def path(self, img_path: str) -> Path:
        """Return the depth file of an image."""
        parts = list(Path(img_path).parts)
        if self.image_folder not in parts[:-1]:
            raise KeyError(
                f'LoadDepth: image {img_path} does not lie in a folder {self.image_folder!r} beside one with depth, '
                f'{self.depth_folder!r}. The target has no depth: remove LoadDepth from its pipeline; of a source '
                'with other folders set image_folder and depth_folder'
            )
        last = len(parts) - 1 - parts[::-1].index(self.image_folder)
        parts[last] = self.depth_folder
        return Path(*parts)

    def transform(self, results: dict) -> dict:
        """Add ``depth`` to the results."""
        path = self.path(results['img_path'])
        values = DEPTH.read(path)
        if values.shape != results['img'].shape[:2]:
            raise ValueError(
                f'depth file {path} has (height, width) = {values.shape}, its image {results["img_path"]} '
                f'{results["img"].shape[:2]}: get the matching file, or move LoadDepth before any resizing'
            )
        add_plane(results, DEPTH, values)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(image_folder={self.image_folder!r}, depth_folder={self.depth_folder!r})'
