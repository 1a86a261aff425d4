"""Mixtures of a source set: fitted once, kept in a file."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch.distributed as dist
from mmengine.dist import is_distributed, is_main_process

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

    Its name is a hash of what they are fitted to: names and contents of the files, the label table, the grid and all
    settings. To be called on all ranks; the first one reads and fits.

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

    def make() -> Path:
        description = dict(samples.description(), components=components)
        file = mixtures_file(description, folder) if path is None else Path(path)
        if path is not None or not file.is_file():
            fitted = fit_mixtures(
                samples.collect(), samples.classes, samples.grid, components, samples.seed, description
            )
            fitted.save(file)
        return file

    return _of_main_process(make)


def _of_main_process(make: Callable[[], Path]) -> Path:
    """Return what rank 0 makes. The others wait over gloo, for a day at most: NCCL gives up after some minutes."""
    if not is_distributed():
        return make()
    group = dist.new_group(backend='gloo', timeout=timedelta(days=1))
    made = [make() if is_main_process() else Path()]
    dist.broadcast_object_list(made, src=0, group=group)
    return made[0]
