"""Kinds of per-pixel data that are stored with pseudo labels: how each is written, read and resized."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from mmseg.registry import TASK_UTILS
from PIL import Image

IGNORE_INDEX = 255


class Plane(ABC):
    """A named plane: one file per image, in a folder of its own.

    A store has the planes that its labeler gives (``Labeler.planes``). The manifest describes them, so that a data set
    finds and reads them without knowing of the labeler. A new kind is a class in ``TASK_UTILS``; nothing else changes.

    Args:
        name (str): Of the plane in the labeler's result, in the pipeline's ``results`` and in the data sample.
        folder (str, optional): Of its files within the store. Defaults to the name.

    Attributes:
        suffix (str): Of its files. Defaults to ``'.png'``.
        nearest (bool): Resized to the nearest pixel; False: bilinearly. Defaults to True.
        fill (int, float or bool): What a pixel outside of the image has.

    Raises:
        ValueError: If the name is none that a data sample can have.
    """

    suffix: str = '.png'
    nearest: bool = True
    fill: int | float | bool = 0

    def __init__(self, name: str, folder: str | None = None) -> None:
        if not name.isidentifier():
            raise ValueError(f'{type(self).__name__}: name = {name!r}, expected letters, digits and underscores')
        self.name = name
        self.folder = name if folder is None else folder

    @abstractmethod
    def write(self, values: np.ndarray, file: BinaryIO) -> None:
        """Write the plane of one image, (H, W) or (K, H, W)."""

    @abstractmethod
    def read(self, path: str | Path) -> np.ndarray:
        """Return the plane in a file, (H, W) or (K, H, W).

        Raises:
            OSError: If the file is missing, damaged or of another kind.
        """

    def description(self) -> dict[str, Any]:
        """Return the config that builds this plane again, JSON values."""
        return dict(type=type(self).__name__, name=self.name, folder=self.folder)

    def path(self, root: str | Path, name: str) -> Path:
        """Return the file of the image ``name`` in a store."""
        return Path(root) / self.folder / Path(name).with_suffix(self.suffix)

    def resize(self, values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Resize (H, W) or (H, W, K) to ``size`` = (height, width), as Pillow does."""
        if values.shape[:2] == tuple(size):
            return values
        if not self.nearest:
            layers = values[..., None] if values.ndim == 2 else values
            resized = [
                np.asarray(Image.fromarray(np.ascontiguousarray(layer)).resize(size[::-1], Image.Resampling.BILINEAR))
                for layer in np.moveaxis(layers, -1, 0)
            ]
            return np.stack(resized, axis=-1).reshape(*size, *values.shape[2:])
        rows, columns = (_nearest(old, new) for old, new in zip(values.shape, size))
        return values[rows[:, None], columns]

    def crop(self, values: np.ndarray, top: int, left: int, size: tuple[int, int]) -> np.ndarray:
        """Cut ``size`` = (height, width) out of (H, W) or (H, W, K), :attr:`fill` where that is outside."""
        out = np.full((*size, *values.shape[2:]), self.fill, values.dtype)
        rows = slice(max(top, 0), min(top + size[0], values.shape[0]))
        columns = slice(max(left, 0), min(left + size[1], values.shape[1]))
        out[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = values[rows, columns]
        return out


@TASK_UTILS.register_module()
class LabelPlane(Plane):
    """Training ids (H, W), uint8, 255 where there is no label: an 8-bit PNG."""

    fill = IGNORE_INDEX

    def write(self, values: np.ndarray, file: BinaryIO) -> None:
        """See :class:`Plane`.

        Raises:
            ValueError: If these are no ids of 8 bits.
        """
        if values.dtype != np.uint8 or values.ndim != 2:
            raise ValueError(f'plane {self.name}: expected (H, W) uint8 labels, got {values.dtype} {values.shape}')
        Image.fromarray(values).save(file, format='png')

    def read(self, path: str | Path) -> np.ndarray:
        """See :class:`Plane`."""
        return _read_bytes(path)


@TASK_UTILS.register_module()
class ScaledPlane(Plane):
    """Numbers (H, W) in [0, maximum], float32, rounded to 255 equal steps: an 8-bit PNG.

    Args:
        name, folder: See :class:`Plane`.
        maximum (float): What 255 stands for; larger values are stored as this. Defaults to 1.

    Raises:
        ValueError: If the maximum is not positive.
    """

    nearest = False
    fill = 0.0

    def __init__(self, name: str, folder: str | None = None, maximum: float = 1.0) -> None:
        super().__init__(name, folder)
        if not maximum > 0:
            raise ValueError(f'ScaledPlane {name}: maximum = {maximum}, expected a positive number')
        self.maximum = maximum

    def write(self, values: np.ndarray, file: BinaryIO) -> None:
        """See :class:`Plane`."""
        Image.fromarray(self.steps(values)).save(file, format='png')

    def read(self, path: str | Path) -> np.ndarray:
        """See :class:`Plane`."""
        return _read_bytes(path).astype(np.float32) * np.float32(self.maximum / 255)

    def steps(self, values: np.ndarray) -> np.ndarray:
        """Return what is stored, uint8."""
        return np.rint(np.clip(values / self.maximum, 0, 1) * 255).astype(np.uint8)

    def description(self) -> dict[str, Any]:
        """See :class:`Plane`."""
        return dict(super().description(), maximum=self.maximum)


@TASK_UTILS.register_module()
class BitPlane(Plane):
    """Masks (K, H, W), bool, eight of them in a byte: a compressed ``.npz``."""

    suffix = '.npz'
    fill = False

    def write(self, values: np.ndarray, file: BinaryIO) -> None:
        """See :class:`Plane`.

        Raises:
            ValueError: If these are no masks.
        """
        if values.dtype != bool or values.ndim != 3:
            raise ValueError(f'plane {self.name}: expected (K, H, W) bool masks, got {values.dtype} {values.shape}')
        np.savez_compressed(file, bits=np.packbits(values, axis=0), masks=np.array(len(values)))

    def read(self, path: str | Path) -> np.ndarray:
        """See :class:`Plane`."""
        try:
            with np.load(path, allow_pickle=False) as data:
                return np.unpackbits(data['bits'], axis=0, count=int(data['masks'])).astype(bool)
        except FileNotFoundError:
            raise
        except Exception as error:  # NumPy, zipfile and zlib raise many kinds for damaged files
            raise OSError(f'the masks {path} are damaged ({error}): delete the file and label again') from error


def _nearest(old: int, new: int) -> np.ndarray:
    """Positions (new,) among ``old`` pixels in a row that Pillow takes, so that planes and labels stay together."""
    positions = Image.fromarray(np.arange(old, dtype=np.int32)[None])
    return np.asarray(positions.resize((new, 1), Image.Resampling.NEAREST))[0]


def _read_bytes(path: str | Path) -> np.ndarray:
    try:
        with Image.open(path) as image:
            mode, values = image.mode, np.array(image)
    except FileNotFoundError:
        raise
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, ... for damaged files
        raise OSError(f'{path} is damaged ({error}): delete the file and label again') from error
    if mode not in ('L', 'P'):
        raise OSError(f'{path} has mode {mode}, expected 8 bits of one channel: delete the file and label again')
    return values


LABEL = LabelPlane('label', folder='')
CONFIDENCE = ScaledPlane('confidence')
