"""Pseudo labels on disk."""

import contextlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from mmseg.registry import TASK_UTILS

from mmuda.pseudo_labels.pictures import color_picture, heatmap
from mmuda.pseudo_labels.planes import CONFIDENCE, LABEL, Plane
from mmuda.utils.files import lock, replace_file, unlock


class PseudoLabelStore:
    """A folder of pseudo labels with a manifest that says what they are.

    A store holds named planes (:mod:`~mmuda.pseudo_labels.planes`), those that the labeler gives:
    ``<root>/<image>.png`` train ids (8 bit, 255 ignored), ``<root>/confidence/<image>.png`` the confidence (8 bit,
    255 = probability 1), other planes a folder each. ``<root>/manifest.json`` says what made them: classes, settings,
    planes, a fingerprint of the weights and of the image list, and whether all images are done. Files appear whole or
    not at all. A store that something else made is refused, never mixed.

    Args:
        root (str or Path): The folder; seen by all ranks.
        palette (Sequence[Sequence[int]], optional): (R, G, B) of every class. Where given, two pictures are written
            beside each label, ``<image>_color.png`` and ``<image>_heatmap.png`` (of the confidence), as MRNet's
            labeling program does. Nothing reads them. Defaults to None.
        planes (Sequence[Plane], optional): What is stored of each image. Defaults to those that the manifest names;
            without one label and confidence.

    Example:
        >>> store = PseudoLabelStore('work_dirs/run/pseudo_labels')
        >>> store.open(dict(classes=['road', 'sky']))
        False
        >>> store.write('aachen/0.jpg', dict(label=np.zeros((4, 4), np.uint8), confidence=np.ones((4, 4))))
        >>> store.has('aachen/0.jpg')
        True
    """

    MANIFEST = 'manifest.json'
    SUMMARY = 'summary.json'
    CACHED_LOGITS = 'cached_logits'

    def __init__(
        self,
        root: str | Path,
        palette: Sequence[Sequence[int]] | None = None,
        planes: Sequence[Plane] | None = None,
    ) -> None:
        self.root = Path(root)
        self.palette = palette
        self._planes = None if planes is None else tuple(planes)

    @property
    def planes(self) -> tuple[Plane, ...]:
        """tuple[Plane, ...]: What is stored of each image."""
        if self._planes is None:
            manifest = self.manifest()
            if manifest is None or 'planes' not in manifest['description']:
                return LABEL, CONFIDENCE
            self._planes = tuple(TASK_UTILS.build(plane) for plane in manifest['description']['planes'])
        return self._planes

    @planes.setter
    def planes(self, planes: Sequence[Plane]) -> None:
        self._planes = tuple(planes)

    def path(self, name: str, plane: str) -> Path:
        """Return the path of a plane of the image ``name`` (its path within the dataset).

        Raises:
            KeyError: If there is no such plane.
        """
        planes = {kind.name: kind for kind in self.planes}
        if plane not in planes:
            raise KeyError(f'the pseudo labels {self.root} have no plane {plane!r}, they have {list(planes)}')
        return planes[plane].path(self.root, name)

    def label_path(self, name: str) -> Path:
        """Return the path of the labels of the image ``name`` (its path within the dataset)."""
        return LABEL.path(self.root, name)

    def picture_paths(self, name: str) -> tuple[Path, Path]:
        """Return the paths of the two pictures of the labels of the image ``name``."""
        path = self.label_path(name)
        return path.with_name(f'{path.stem}_color.png'), path.with_name(f'{path.stem}_heatmap.png')

    def check_names(self, names: Iterable[str]) -> None:
        """Check that every image has files of its own.

        Raises:
            ValueError: If two files would have one path (``a.png`` and ``a.jpg``; ``a.png`` and
                ``confidence/a.png``), or one lies outside of the folder.
        """
        names = list(names)
        outside = [name for name in names if Path(name).is_absolute() or '..' in Path(name).parts]
        if outside:
            raise ValueError(
                f'the image {outside[0]!r} lies outside of the image folder of its dataset, so that its '
                f'pseudo labels would lie outside of {self.root}'
            )
        images: dict[Path, str] = {}
        for name in names:
            pictures = () if self.palette is None else self.picture_paths(name)
            for path in (*(plane.path(self.root, name) for plane in self.planes), *pictures):
                if path in images:
                    raise ValueError(
                        f'the pseudo labels of the images {images[path]!r} and {name!r} would share the '
                        f'file {path}: rename one of the images'
                    )
                images[path] = name

    def manifest(self) -> dict[str, Any] | None:
        """Return the manifest (``complete``, ``description``), None if there is none."""
        path = self.root / self.MANIFEST
        if not path.is_file():
            return None
        try:
            manifest = json.loads(path.read_bytes())
            if not (isinstance(manifest['description'], dict) and isinstance(manifest['complete'], bool)):
                raise TypeError('`description` or `complete` is of another type')
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f'{path} is damaged or not the manifest of pseudo labels ({error}): delete the folder '
                'and label again, or name another store'
            ) from error
        return manifest

    def open(self, description: dict[str, Any], overwrite: bool = False) -> bool:
        """Start or continue a store. Only one process may do so at a time.

        Args:
            description (dict): What makes the labels; JSON values. Must equal that of a store that
                exists already.
            overwrite (bool): Delete a store of another description instead of refusing it. A folder
                that is not a store is still refused.

        Returns:
            bool: Whether it is complete already.

        Raises:
            ValueError: If the folder holds other labels; the message names what differs.
        """
        description = json.loads(json.dumps(description))
        manifest = self.manifest()
        if manifest is None:
            if self.root.is_dir() and any(not _is_temporary(path) for path in self.root.iterdir()):
                raise ValueError(
                    f'{self.root} is no store of pseudo labels: it has files, but no {self.MANIFEST}. '
                    'It was left as it is: empty it, or name another store'
                )
        elif manifest['description'] == description:
            for path in self.root.rglob('.*.tmp'):  # of a process that was killed
                path.unlink(missing_ok=True)
            return manifest['complete']
        elif overwrite:
            self.delete()
        else:
            raise ValueError(
                f'{self.root} holds other pseudo labels: '
                f'{difference(manifest["description"], description)}. '
                'Delete it, name another store, or set overwrite=True'
            )
        self._write_manifest(description, complete=False)
        return False

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other runs out of an unfinished store meanwhile; a process that is killed keeps nobody out.

        To be taken by one process of a run. Where the file system has no locks, nobody is kept out.

        Raises:
            RuntimeError: If another run is in it.
        """
        path = self.root.with_name(f'.{self.root.name}.lock')  # not within: `open` may delete the folder
        try:
            lock(path)
        except BlockingIOError as error:
            raise RuntimeError(
                f'another run is making the pseudo labels {self.root}: start again when it has '
                f'made them, or name another store ({error})'
            ) from error
        try:
            yield
        finally:
            unlock(path)

    def finish(self) -> None:
        """Mark the store as complete."""
        manifest = self.manifest()
        if manifest is None:
            raise FileNotFoundError(f'the pseudo labels {self.root} have no manifest: open the store first')
        self._write_manifest(manifest['description'], complete=True)

    def delete(self) -> None:
        """Delete the store; killed half-way, nothing of it is left under its name."""
        deleted = self.root.with_name(f'.{self.root.name}.deleted')
        shutil.rmtree(deleted, ignore_errors=True)
        os.replace(self.root, deleted)
        shutil.rmtree(deleted)

    def has(self, name: str) -> bool:
        """Whether the image ``name`` is labeled."""
        return all(plane.path(self.root, name).is_file() for plane in self.planes)

    def write(self, name: str, values: Mapping[str, np.ndarray]) -> None:
        """Write the planes of one image.

        Args:
            name (str): Path of the image within the dataset.
            values (Mapping[str, np.ndarray]): (H, W) or (K, H, W) of each plane of the store, by name. ``label``
                (H, W), uint8, train ids and 255, and ``confidence`` (H, W), in [0, 1], are always there.

        Raises:
            ValueError: If the arrays are of another kind, or planes are missing or unknown.
            OSError: If a file cannot be written, for instance for want of space.
        """
        wanted = [plane.name for plane in self.planes]
        if sorted(values) != sorted(wanted):
            raise ValueError(f'pseudo labels of {name!r}: expected the planes {wanted}, got {list(values)}')
        label = values[LABEL.name]
        if label.dtype != np.uint8 or label.ndim != 2 or any(a.shape[-2:] != label.shape for a in values.values()):
            shapes = {key: f'{array.dtype} {array.shape}' for key, array in values.items()}
            raise ValueError(
                f'pseudo labels of {name!r}: expected (H, W) uint8 labels and planes of the same size, got {shapes}'
            )
        # The labels last: their presence means that the image is done.
        for plane in sorted(self.planes, key=lambda plane: plane.name == LABEL.name):
            if plane.name == LABEL.name and self.palette is not None:
                self._write_pictures(name, label, values[CONFIDENCE.name], self.palette)
            self._write(plane.path(self.root, name), partial(plane.write, values[plane.name]))

    def _write_pictures(
        self, name: str, label: np.ndarray, confidence: np.ndarray, palette: Sequence[Sequence[int]]
    ) -> None:
        pictures = color_picture(label, palette), heatmap(CONFIDENCE.steps(confidence))
        for path, picture in zip(self.picture_paths(name), pictures):
            self._write(path, partial(picture.save, format='png'))

    def summary(self) -> dict[str, Any] | None:
        """Return what the labeler found in its passes over all images; None if there is nothing.

        Raises:
            ValueError: If the file is damaged.
        """
        path = self.root / self.SUMMARY
        try:
            return json.loads(path.read_bytes()) if path.is_file() else None
        except ValueError as error:
            raise ValueError(f'{path} is damaged ({error}): delete the folder {self.root} and label again') from error

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write what the labeler found, JSON values."""
        text = json.dumps(summary, indent=2)
        self._write(self.root / self.SUMMARY, lambda file: file.write(text.encode()))

    def cached_logits_path(self, name: str) -> Path:
        """Return the path of the cached logits of the image ``name``."""
        return self.root / self.CACHED_LOGITS / Path(name).with_suffix('.npz')

    def has_cached_logits(self, name: str) -> bool:
        """Whether there is a cached logits of the image ``name``."""
        return self.cached_logits_path(name).is_file()

    def write_cached_logits(
        self, name: str, encoded: np.ndarray, size: tuple[int, int], layout: Sequence[int] = ()
    ) -> None:
        """Write the cached logits of one image.

        Args:
            name (str): Path of the image within the dataset.
            encoded (np.ndarray): What the predictor encoded.
            size (tuple[int, int]): (height, width) of the image.
            layout (Sequence[int]): What else is needed to decode it, see
                :attr:`~mmuda.pseudo_labels.predictors.cached_logits.CachedLogits.layout`. Defaults to nothing.
        """
        self._write(
            self.cached_logits_path(name),
            lambda file: np.savez(file, encoded=encoded, size=np.array(size), layout=np.array(layout, np.int64)),
        )

    def read_cached_logits(self, name: str) -> tuple[np.ndarray, tuple[int, int], list[int]]:
        """Return what :meth:`write_cached_logits` wrote: values, size and layout.

        Raises:
            ValueError: If the file is damaged.
        """
        path = self.cached_logits_path(name)
        try:
            with np.load(path, allow_pickle=False) as data:
                height, width = data['size'].tolist()
                return data['encoded'], (height, width), data['layout'].tolist() if 'layout' in data else []
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f'the cached logits {path} are damaged ({error}): delete the file and start again'
            ) from error

    def delete_cached_logits(self) -> None:
        """Delete all cached logits."""
        folder = self.root / self.CACHED_LOGITS  # labels of images in a folder of this name lie there, too
        for path in folder.rglob('*.npz'):
            path.unlink(missing_ok=True)
        for path in sorted([folder, *folder.rglob('*')], reverse=True):
            with contextlib.suppress(OSError):  # not a folder, or not empty
                path.rmdir()

    def _write_manifest(self, description: dict[str, Any], complete: bool) -> None:
        text = json.dumps(dict(complete=complete, description=description), indent=2)
        self._write(self.root / self.MANIFEST, lambda file: file.write(text.encode()))

    @staticmethod
    def _write(path: Path, write: Callable[[BinaryIO], Any]) -> None:
        try:
            replace_file(path, write)
        except OSError as error:
            raise OSError(
                error.errno,
                f'cannot write the pseudo labels {path} ({error.strerror or error}); free some '
                'space or make the folder writable and start again: the images labeled so far are kept',
            ) from error


def difference(found: dict[str, Any], expected: dict[str, Any], prefix: str = '') -> str:
    """Say in words where two descriptions differ, nested ones with dotted names."""
    parts = []
    for key in sorted(set(found) | set(expected)):
        old, new = found.get(key), expected.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            parts.append(difference(old, new, f'{prefix}{key}.'))
        else:
            parts.append(f'{prefix}{key} is {old!r}, expected {new!r}')
    return '; '.join(parts)


def _is_temporary(path: Path) -> bool:
    return path.name.startswith('.') and path.suffix == '.tmp'
