"""What a store of pseudo labels holds: coverage, class shares, confidences."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmuda.pseudo_labels import PseudoLabelStore
from mmuda.pseudo_labels.planes import CONFIDENCE, LABEL

SAMPLE = 20  # images of a store that are read
STEPS = 256  # of a stored confidence


@dataclass(frozen=True)
class LabelStatistics:
    """A generation of pseudo labels.

    Attributes:
        title (str): Such as ``round 0``.
        series (str): Generations of one series follow each other.
        place (int): In the series: number of the round, or iteration.
        store (PseudoLabelStore): The labels.
        classes (tuple[str, ...]): Names of the C classes.
        images (tuple[str, ...]): Names of the images that were read.
        wanted (int): Images of the store when it is complete.
        complete (bool): Whether it is.
        pixels (int): Of the images that were read.
        counts (np.ndarray): (C,) labeled pixels of each class, of all images where the store counts them.
        confidences (np.ndarray): (2, 256) pixels without and with a label, by stored confidence (255 is 1), of the
            images that were read.
        thresholds (tuple[float, ...]): (C,), none where the labeler has not one for each class.
        labels_all (bool): Whether the labeler has neither threshold nor portion, so that it leaves out no pixel.
    """

    title: str
    series: str
    place: int
    store: PseudoLabelStore
    classes: tuple[str, ...]
    images: tuple[str, ...]
    wanted: int
    complete: bool
    pixels: int
    counts: np.ndarray
    confidences: np.ndarray
    thresholds: tuple[float, ...]
    labels_all: bool

    @property
    def coverage(self) -> float:
        """Share of the pixels that have a label, in [0, 1], of the images that were read."""
        return float(self.confidences[1].sum() / max(self.pixels, 1))

    @property
    def shares(self) -> dict[str, float]:
        """Share of each class in the labeled pixels, in [0, 1]."""
        return dict(zip(self.classes, (self.counts / max(self.counts.sum(), 1)).tolist()))


def read_statistics(root: Path, title: str, series: str = '', place: int = 0, sample: int = SAMPLE) -> LabelStatistics:
    """Read a store, of its images a sample that lies evenly among their names.

    Args:
        root (Path): Folder of the store.
        title, series, place: See :class:`LabelStatistics`.
        sample (int): Images that are read. Defaults to 20.

    Raises:
        ValueError: If there is no store, or none that names its classes, or nothing is labeled yet.
        OSError: If a file is damaged.
    """
    store = PseudoLabelStore(root)
    manifest = store.manifest()
    if manifest is None or 'classes' not in manifest['description']:
        raise ValueError(f'{root} has no {store.MANIFEST} with classes: expected a store of pseudo labels')
    description, summary = manifest['description'], store.summary() or {}
    names = labeled_images(store)
    if not names:
        raise ValueError(f'{root}: no image is labeled yet')
    classes, images = tuple(description['classes']), evenly(names, sample)
    confidences, counts = _count(store, images, len(classes))
    return LabelStatistics(
        title=title,
        series=series,
        place=place,
        store=store,
        classes=classes,
        images=tuple(images),
        wanted=int(description.get('num_images', len(names))),
        complete=manifest['complete'],
        pixels=int(confidences.sum()),
        counts=np.array(summary.get('labeled_pixels', counts)),
        confidences=confidences,
        thresholds=tuple(summary.get('thresholds_used') or summary.get('thresholds') or ()),
        labels_all=not _leaves_out(description.get('labeler') or {}),
    )


def labeled_images(store: PseudoLabelStore) -> list[str]:
    """Return the names of the images that have a label, sorted, with the suffix ``.png``."""
    folder = store.root / CONFIDENCE.folder
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*.png'))
    return [name for name in names if LABEL.path(store.root, name).is_file()]


def evenly(items: Sequence[Any], number: int) -> list[Any]:
    """Return ``number`` of the items, or all if there are fewer, that lie evenly among them."""
    number = min(number, len(items))
    return [items[(2 * index + 1) * len(items) // (2 * number)] for index in range(number)]


def compare(before: LabelStatistics, after: LabelStatistics) -> tuple[float, float] | None:
    """Compare two generations of labels of the same images.

    Returns:
        tuple[float, float] | None: Share of the pixels labeled in both that have the same class (NaN without such), and
        share of all pixels whose label, or lack of one, is the same; None if no image of the sample is in both.

    Raises:
        ValueError: If the sizes of an image's labels differ.
        OSError: If a file is damaged.
    """
    images = sorted({*before.images} & {*after.images})
    if not images:
        return None
    same = labeled = unchanged = pixels = 0
    for name in images:
        old, new = (LABEL.read(one.store.label_path(name)) for one in (before, after))
        if old.shape != new.shape:
            raise ValueError(
                f'labels of {name} have the sizes {old.shape} ({before.title}), {new.shape} ({after.title})'
            )
        both, equal = (old < len(before.classes)) & (new < len(after.classes)), old == new
        labeled, same = labeled + int(both.sum()), same + int((both & equal).sum())
        unchanged, pixels = unchanged + int(equal.sum()), pixels + equal.size
    return same / labeled if labeled else float('nan'), unchanged / pixels


def _count(store: PseudoLabelStore, images: Sequence[str], num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    confidences, counts = np.zeros((2, STEPS), np.int64), np.zeros(STEPS, np.int64)
    for name in images:
        label, confidence = (plane.read(plane.path(store.root, name)) for plane in (LABEL, CONFIDENCE))
        steps, labeled = CONFIDENCE.steps(confidence), label < num_classes
        for row, chosen in enumerate((~labeled, labeled)):
            confidences[row] += np.bincount(steps[chosen], minlength=STEPS)
        counts += np.bincount(label.ravel(), minlength=STEPS)
    return confidences, counts[:num_classes]


def _leaves_out(labeler: dict[str, Any]) -> bool:
    """Whether a labeler, by its description, has a threshold or a portion, or is made of one that has."""
    inner = [value for value in labeler.values() if isinstance(value, dict)]
    return labeler.get('threshold') is not None or (labeler.get('portion') or 1) < 1 or any(map(_leaves_out, inner))
