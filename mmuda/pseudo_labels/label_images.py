"""Labeling a list of images, whatever predicts them."""

import contextlib
import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from mmengine.dist import all_reduce, barrier, get_rank, get_world_size, is_main_process
from PIL import Image

from mmuda.pseudo_labels.labelers.labeler import IGNORE_INDEX, Labeler
from mmuda.pseudo_labels.store import PseudoLabelStore
from mmuda.utils.progress import progress


class Predictions(Protocol):
    """What a labeler reads: predictions of images, made when they are asked for."""

    device: torch.device

    def __call__(self, name: str, path: str) -> Any:
        """Return what the labeler is called with, for the image ``name`` of the file ``path``."""

    def encode(self, name: str, path: str) -> None:
        """Make the cached logits of an image, if they are not there."""


def label_images(
    images: Sequence[tuple[str, str]],
    predictions: Predictions,
    labeler: Labeler,
    store: PseudoLabelStore,
    description: dict[str, Any],
    overwrite: bool = False,
    num_classes: int | None = None,
    keep_cached_logits: bool = False,
    count: bool = False,
) -> None:
    """Label images from predictions of any kind; :func:`generate_pseudo_labels` does so from those of one model.

    Args:
        images (Sequence[tuple[str, str]]): (name within the dataset, path) of every image.
        predictions (Predictions): What the labeler reads.
        labeler (Labeler): Prediction to labels.
        store (PseudoLabelStore): Where they go; a folder that all ranks see.
        description (dict): What makes the labels, see :meth:`PseudoLabelStore.open`.
        overwrite (bool): See there.
        num_classes (int, optional): Number of classes; needed by labelers with passes and for counting.
        keep_cached_logits (bool): Leave the cached logits in the store. Defaults to False.
        count (bool): Write ``labeled_pixels`` to the summary also for a labeler without passes. Defaults to False.

    Raises:
        ValueError: If the store holds other labels, there are no images, or two of them share a name.
        RuntimeError: If another run is labeling into the store.
        OSError: If an image cannot be read or a file not be written; what is labeled is kept.
    """
    if not images:
        raise ValueError('there are no images to label: look at the data root of the pseudo-labeled dataset')
    store.planes = labeler.planes
    with _alone(store, overwrite):
        manifest = _open(store, sorted(name for name, _ in images), description, overwrite)
        count = count or labeler.num_passes > 0
        pending = [image for image in images if not store.has(image[0])]
        counted = not count or 'labeled_pixels' in (store.summary() or {})
        barrier()  # every rank has the same list before the first file is written
        if labeler.num_passes and (pending or not counted):
            _find_thresholds(labeler, images, predictions, store, num_classes)
        for name, path in progress(_share(pending), 'Pseudo labels'):
            store.write(name, labeler(predictions(name, path)).arrays())
        if keep_cached_logits:
            for name, path in progress(_share(images), 'Logits for soft labels'):
                predictions.encode(name, path)
        barrier()
        if pending or not counted or not manifest['complete']:
            _finish(store, _count_labels(images, store, num_classes) if count else None, keep_cached_logits)


def _finish(store: PseudoLabelStore, labeled_pixels: list[int] | None, keep_cached_logits: bool) -> None:
    """Say in the store that all labels are there, and how many there are of each class."""
    if is_main_process():
        if labeled_pixels is not None:
            store.write_summary(dict(store.summary() or {}, labeled_pixels=labeled_pixels))
        if not keep_cached_logits:
            store.delete_cached_logits()
        store.finish()
    barrier()


def _alone(store: PseudoLabelStore, overwrite: bool) -> contextlib.AbstractContextManager[None]:
    """Keep other runs out of a store that is not complete; those that only read labels may come together."""
    if not is_main_process() or ((store.manifest() or {}).get('complete') and not overwrite):
        return contextlib.nullcontext()
    return store.lock()


def _open(
    store: PseudoLabelStore, names: Sequence[str], description: dict[str, Any], overwrite: bool
) -> dict[str, Any]:
    """Start or continue the store, on every rank; return its manifest."""
    store.check_names(names)
    description = dict(
        description,
        planes=[plane.description() for plane in store.planes],
        num_images=len(names),
        images=hashlib.sha256('\n'.join(names).encode()).hexdigest()[:32],
    )
    if is_main_process():
        store.open(description, overwrite)
    barrier()
    manifest = store.manifest()
    if manifest is None:
        raise FileNotFoundError(
            f'rank {get_rank()} does not see {store.root}, which rank 0 has just made: the '
            'store must lie in a folder that all ranks share'
        )
    return manifest


def _find_thresholds(
    labeler: Labeler,
    images: Sequence[tuple[str, str]],
    predictions: Predictions,
    store: PseudoLabelStore,
    num_classes: int | None,
) -> None:
    """Let the labeler read all images, or take over what it found before it was killed."""
    summary = store.summary()
    barrier()
    if summary is not None:
        labeler.load_summary(summary, predictions.device)
        return
    if num_classes is None:
        raise ValueError(f'{type(labeler).__name__} reads all images before it labels: num_classes is needed')
    labeler.begin(num_classes, predictions.device)
    for index in range(labeler.num_passes):
        for name, path in progress(_share(images), f'Thresholds, pass {index + 1} of {labeler.num_passes}'):
            labeler.observe(predictions(name, path))
        labeler.end_pass()
    if is_main_process():
        store.write_summary(labeler.summary())
    barrier()


def _count_labels(images: Sequence[tuple[str, str]], store: PseudoLabelStore, num_classes: int | None) -> list[int]:
    """Count the labeled pixels of every class id, over all ranks."""
    if num_classes is None:
        raise ValueError('num_classes is needed to count the labeled pixels')
    counts = torch.zeros(IGNORE_INDEX + 1, dtype=torch.int64)
    for name, _ in progress(_share(images), 'Count of labeled pixels'):
        labels = torch.from_numpy(np.array(Image.open(store.label_path(name))))
        counts += labels.flatten().bincount(minlength=len(counts))
    all_reduce(counts)
    return counts[:num_classes].tolist()


def _share(images: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    return images[get_rank() :: get_world_size()]
