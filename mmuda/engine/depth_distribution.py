"""Mixtures of a source set: fitted once, kept in a file."""

import hashlib
import json
from pathlib import Path
from typing import Any

from mmengine.dist import barrier, is_main_process

from mmuda.datasets.depth_samples import DepthSamples
from mmuda.models.density import fit_mixtures

FOLDER = 'work_dirs/depth_distributions'


def mixtures_file(description: dict[str, Any], folder: str | Path = FOLDER) -> Path:
    """Return the file of the mixtures that are fitted to samples of this description."""
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()
    return Path(folder) / f'{digest[:16]}.npz'


def mixtures_of(
    samples: DepthSamples, components: int = 5, folder: str | Path = FOLDER, path: str | Path | None = None
) -> Path:
    """Return the file of the mixtures of a source set, which are fitted if it is missing.

    Its name is a hash of what they are fitted to: names and sizes of the files, the label table, the grid and all
    settings. To be called on all ranks; the first one fits.

    Args:
        samples (DepthSamples): Of the source set.
        components (int): Gaussians of each class. Defaults to 5.
        folder (str or Path): Of the files. Defaults to ``work_dirs/depth_distributions``.
        path (str or Path, optional): Another file, which is written anew. Defaults to None.

    Raises:
        ImportError: If scikit-learn is not installed.
        OSError: If a file cannot be read or written.
        ValueError: If a class does not occur.
    """
    description = dict(samples.description(), components=components)
    file = mixtures_file(description, folder) if path is None else Path(path)
    missing = path is not None or not file.is_file()
    barrier()  # all ranks have looked before the first one writes
    if missing and is_main_process():
        fit_mixtures(samples.collect(), samples.classes, samples.grid, components, samples.seed, description).save(file)
    barrier()
    return file
