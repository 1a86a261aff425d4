"""Loading of images that refuses damaged files."""

from typing import Any

import mmengine.fileio as fileio
from mmcv.transforms import LoadImageFromFile
from mmseg.registry import TRANSFORMS
from PIL import Image

from mmuda.datasets.files.image_files import MAX_PIXELS, check_pixels


@TRANSFORMS.register_module()
class LoadImageStrict(LoadImageFromFile):
    """Stock image loading with Pillow, which refuses truncated files, and an error that names the file.

    Why the stock ``LoadImageFromFile(imdecode_backend='pillow')`` is not enough for training: it has no pixel limit, so
    that one huge file can fill the memory of a worker, and its errors name no file. :class:`FolderDataset` adds the
    file to the errors, other data set classes of MMSegmentation do not. Test pipelines keep the stock loader, which
    ``MMSegInferencer`` looks for by name. OpenCV, the stock default, fills the missing part of a truncated JPEG with
    gray in some of its releases.

    Args:
        imdecode_backend (str): As in ``mmcv.transforms.LoadImageFromFile``. Defaults to ``'pillow'``.
        max_pixels (int): Larger images are refused before they are decoded. Defaults to 100,000,000.
        kwargs: As in ``mmcv.transforms.LoadImageFromFile``.

    Raises:
        OSError: If the image is missing, too large, a gray one of more than 8 bits, or cannot be decoded.
    """

    def __init__(self, imdecode_backend: str = 'pillow', max_pixels: int = MAX_PIXELS, **kwargs: Any) -> None:
        super().__init__(imdecode_backend=imdecode_backend, **kwargs)
        self.max_pixels = max_pixels

    def transform(self, results: dict) -> dict | None:
        """Add ``img`` ((H, W, 3) uint8, B, G, R), ``img_shape`` and ``ori_shape`` to the results."""
        try:
            with (
                fileio.get_local_path(results['img_path'], backend_args=self.backend_args) as path,
                Image.open(path) as header,
            ):
                check_pixels(header, self.max_pixels)
            return super().transform(results)
        except FileNotFoundError as error:
            raise FileNotFoundError(f'image {results["img_path"]} does not exist') from error
        except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, ... for damaged files
            raise OSError(f'cannot read image {results["img_path"]}: {error}') from error
