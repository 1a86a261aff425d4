"""Loading of images that refuses damaged files."""
from mmcv.transforms import LoadImageFromFile
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadImageStrict(LoadImageFromFile):
    """Stock image loading with Pillow, which refuses truncated files, and an error that names the file.

    OpenCV, the stock default, fills the missing part of a truncated JPEG with grey in some of its releases.

    Args:
        imdecode_backend (str): As in ``mmcv.transforms.LoadImageFromFile``. Defaults to ``'pillow'``.
        kwargs: As in ``mmcv.transforms.LoadImageFromFile``.

    Raises:
        OSError: If the image is missing or cannot be decoded.
    """

    def __init__(self, imdecode_backend: str = 'pillow', **kwargs) -> None:
        super().__init__(imdecode_backend=imdecode_backend, **kwargs)

    def transform(self, results: dict) -> dict | None:
        """Add ``img`` ((H, W, 3) uint8, B, G, R), ``img_shape`` and ``ori_shape`` to the results."""
        try:
            return super().transform(results)
        except FileNotFoundError as error:
            raise FileNotFoundError(f'image {results["img_path"]} does not exist') from error
        except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, ... for damaged files
            raise OSError(f'cannot read image {results["img_path"]}: {error}') from error
