"""Pseudo labels on disk."""
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


class PseudoLabelStore:
    """A folder of pseudo labels with a manifest that says what they are.

    ``<root>/<image>.png`` holds train ids (8 bit, 255 ignored), ``<root>/confidence/<image>.png`` the
    confidence (8 bit, 255 = probability 1), ``<root>/manifest.json`` what made them: classes, settings,
    a fingerprint of the weights and of the image list, and whether all images are done. Files appear
    whole or not at all. A store that something else made is refused, never mixed.

    Args:
        root (str or Path): The folder.
    """

    MANIFEST = 'manifest.json'

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def label_path(self, name: str) -> Path:
        """Return the path of the labels of the image ``name`` (its path within the dataset)."""
        return self.root / Path(name).with_suffix('.png')

    def confidence_path(self, name: str) -> Path:
        """Return the path of the confidences of the image ``name``."""
        return self.root / 'confidence' / Path(name).with_suffix('.png')

    def manifest(self) -> dict[str, Any] | None:
        """Return the manifest, None if there is none."""
        path = self.root / self.MANIFEST
        if not path.is_file():
            return None
        try:
            return json.loads(path.read_text())
        except json.JSONDecodeError as error:
            raise ValueError(f'{path} is damaged ({error}): delete the folder and label again') from error

    def open(self, description: dict[str, Any], overwrite: bool = False) -> bool:
        """Start or continue a store.

        Args:
            description (dict): What makes the labels; JSON values. Must equal that of a store that
                exists already.
            overwrite (bool): Delete a store of another description instead of refusing it.

        Returns:
            bool: Whether it is complete already.

        Raises:
            ValueError: If the folder holds other labels; the message names what differs.
        """
        description = json.loads(json.dumps(description))
        manifest = self.manifest()
        if manifest is not None and manifest['description'] == description:
            return manifest['complete']
        if self.root.is_dir() and any(self.root.iterdir()):
            if not overwrite:
                raise ValueError(f'{self.root} holds other pseudo labels: {_difference(manifest, description)}. '
                                 'Delete it, name another store, or set overwrite=True')
            shutil.rmtree(self.root)
        self._write_manifest(description, complete=False)
        return False

    def finish(self) -> None:
        """Mark the store as complete."""
        self._write_manifest(self.manifest()['description'], complete=True)

    def has(self, name: str) -> bool:
        """Whether the image ``name`` is labelled."""
        return self.label_path(name).is_file()

    def write(self, name: str, label: np.ndarray, confidence: np.ndarray) -> None:
        """Write labels (H, W), uint8, and confidences (H, W) in [0, 1] of one image."""
        scaled = np.rint(np.clip(confidence, 0, 1) * 255).astype(np.uint8)
        self._write(self.confidence_path(name), lambda file: Image.fromarray(scaled).save(file, format='png'))
        # The labels last: their presence means that the image is done.
        self._write(self.label_path(name), lambda file: Image.fromarray(label).save(file, format='png'))

    def _write_manifest(self, description: dict[str, Any], complete: bool) -> None:
        text = json.dumps(dict(complete=complete, description=description), indent=2)
        self._write(self.root / self.MANIFEST, lambda file: file.write(text.encode()))

    @staticmethod
    def _write(path: Path, write: Any) -> None:
        temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, 'wb') as file:
                write(file)
            os.replace(temporary, path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise OSError(error.errno, f'cannot write the pseudo labels {path} ({error.strerror}); free some space or '
                          'mend the permissions and start again: the images labelled so far are kept') from error


def _difference(manifest: dict[str, Any] | None, description: dict[str, Any]) -> str:
    if manifest is None:
        return f'it has no {PseudoLabelStore.MANIFEST}'
    old = manifest['description']
    keys = [key for key in sorted(set(old) | set(description)) if old.get(key) != description.get(key)]
    return '; '.join(f'{key} is {old.get(key)!r}, expected {description.get(key)!r}' for key in keys)
