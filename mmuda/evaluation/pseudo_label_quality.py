"""How good pseudo labels are: accuracy, coverage and calibration, from one pass over the images."""

from collections.abc import Sequence
from typing import Any

import numpy as np

STEPS = 256  # of a stored confidence


class PseudoLabelQuality:
    """Counts of pseudo labels against the truth.

    Pixels without a true class do not count. What is kept is a histogram over class, right or wrong, and the 256 steps
    of the stored confidence: all numbers are exact, and memory does not grow with the images.

    Args:
        num_classes (int): C, at most 255.

    Example:
        >>> quality = PseudoLabelQuality(2)
        >>> quality.update(np.uint8([0, 1, 255]), np.uint8([255, 128, 255]), np.uint8([0, 0, 1]))
        >>> report = quality.report(['road', 'sky'])
        >>> report['accuracy'], round(report['coverage'], 3)
        (0.5, 0.667)
    """

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes
        self.pixels = np.zeros(num_classes, np.int64)  # by true class, labeled or not
        self.labeled = np.zeros((num_classes, 2, STEPS), np.int64)  # by true class, right, confidence
        self.predicted = np.zeros((num_classes, 2), np.int64)  # by label, right

    def update(self, label: np.ndarray, confidence: np.ndarray, truth: np.ndarray) -> None:
        """Add an image.

        Args:
            label (np.ndarray): (H, W) uint8, ids of C and above are no labels.
            confidence (np.ndarray): (H, W) uint8, 255 is 1.
            truth (np.ndarray): (H, W) uint8, ids of C and above do not count.

        Raises:
            ValueError: If the shapes differ.
        """
        if not label.shape == confidence.shape == truth.shape:
            raise ValueError(
                f'pseudo label, confidence and label have the shapes {label.shape}, {confidence.shape}, {truth.shape}'
            )
        known = truth < self.num_classes
        self.pixels += np.bincount(truth[known], minlength=self.num_classes)
        known &= label < self.num_classes
        label, confidence, truth = label[known], confidence[known], truth[known]
        right = label == truth
        cells = (truth.astype(np.int64) * 2 + right) * STEPS + confidence
        self.labeled += np.bincount(cells, minlength=self.labeled.size).reshape(self.labeled.shape)
        pairs = label.astype(np.int64) * 2 + right
        self.predicted += np.bincount(pairs, minlength=self.predicted.size).reshape(self.predicted.shape)

    def report(self, classes: Sequence[str], bins: int = 15) -> dict[str, Any]:
        """Return all numbers as JSON values; shares are None where there is nothing to share.

        Args:
            classes (Sequence[str]): Names of the C classes.
            bins (int): Of the reliability diagram, of equal width. Defaults to 15.

        Returns:
            dict: ``accuracy`` of the labeled pixels; ``coverage``, the share of the pixels that are labeled; ``ece``,
            the expected calibration error; ``classes``: per class both, of the pixels that truly are of it,
            ``precision`` of those labeled so, and the number of pixels; ``reliability`` (lists per bin) and
            ``accuracy_at_coverage`` (lists over falling thresholds of the confidence).
        """
        by_confidence = self.labeled.sum(0)  # (2, STEPS)
        rows = {
            name: dict(
                pixels=int(self.pixels[index]),
                coverage=_share(self.labeled[index].sum(), self.pixels[index]),
                accuracy=_share(self.labeled[index, 1].sum(), self.labeled[index].sum()),
                precision=_share(self.predicted[index, 1], self.predicted[index].sum()),
            )
            for index, name in enumerate(classes)
        }
        reliability = self._reliability(by_confidence, bins)
        return dict(
            pixels=int(self.pixels.sum()),
            coverage=_share(by_confidence.sum(), self.pixels.sum()),
            accuracy=_share(by_confidence[1].sum(), by_confidence.sum()),
            ece=_ece(reliability),
            classes=rows,
            reliability=reliability,
            accuracy_at_coverage=self._curve(by_confidence),
        )

    def _reliability(self, by_confidence: np.ndarray, bins: int) -> dict[str, list]:
        confidence = np.arange(STEPS) / (STEPS - 1)
        place = np.minimum((confidence * bins).astype(int), bins - 1)
        number = by_confidence.sum(0)
        counts = np.bincount(place, number, bins)
        return dict(
            pixels=counts.astype(int).tolist(),
            confidence=[_share(*pair) for pair in zip(np.bincount(place, number * confidence, bins), counts)],
            accuracy=[_share(*pair) for pair in zip(np.bincount(place, by_confidence[1], bins), counts)],
        )

    def _curve(self, by_confidence: np.ndarray) -> dict[str, list]:
        wrong, right = by_confidence[:, ::-1].cumsum(1)
        seen = np.flatnonzero(by_confidence.sum(0)[::-1])  # thresholds at which the curve moves
        return dict(
            threshold=((STEPS - 1 - seen) / (STEPS - 1)).tolist(),
            coverage=[_share(right[step] + wrong[step], self.pixels.sum()) for step in seen],
            accuracy=[_share(right[step], right[step] + wrong[step]) for step in seen],
        )


class ExclusionQuality:
    """Counts of negative labels, classes that a pixel is said not to have, against the truth.

    Args:
        num_classes (int): C.

    Example:
        >>> quality = ExclusionQuality(2)
        >>> quality.update(np.array([[True, True], [False, False]]), np.uint8([0, 1]))
        >>> quality.report(['road', 'sky'])['accuracy']
        0.5
    """

    def __init__(self, num_classes: int) -> None:
        self.pixels = self.covered = 0
        self.excluded = np.zeros(num_classes, np.int64)
        self.wrong = np.zeros(num_classes, np.int64)

    def update(self, masks: np.ndarray, truth: np.ndarray) -> None:
        """Add an image.

        Args:
            masks (np.ndarray): (C, ...), bool.
            truth (np.ndarray): (...), uint8, ids of C and above do not count.

        Raises:
            ValueError: If the shapes do not fit, or there are masks of other classes.
        """
        if masks.shape != (len(self.excluded), *truth.shape):
            raise ValueError(
                f'masks and label have the shapes {masks.shape} and {truth.shape}, of {len(self.excluded)} classes'
            )
        known = truth < len(masks)
        masks, truth = masks[:, known], truth[known]
        self.pixels += len(truth)
        self.covered += int(masks.any(0).sum())
        self.excluded += masks.sum(1)
        self.wrong += [int(mask[truth == index].sum()) for index, mask in enumerate(masks)]

    def report(self, classes: Sequence[str]) -> dict[str, Any]:
        """Return all numbers as JSON values.

        Returns:
            dict: ``coverage``, the share of pixels with an excluded class; ``per_pixel``, how many classes are excluded
            there; ``accuracy``, the share of exclusions that are right; ``classes``: per class the number of pixels
            that exclude it, and the accuracy.
        """
        right = self.excluded - self.wrong
        return dict(
            coverage=_share(self.covered, self.pixels),
            per_pixel=_share(self.excluded.sum(), self.covered),
            accuracy=_share(right.sum(), self.excluded.sum()),
            classes={
                name: dict(pixels=int(self.excluded[index]), accuracy=_share(right[index], self.excluded[index]))
                for index, name in enumerate(classes)
            },
        )


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _ece(reliability: dict[str, list]) -> float | None:
    rows = [row for row in zip(*(reliability[key] for key in ('pixels', 'confidence', 'accuracy'))) if row[0]]
    total = sum(number for number, _, _ in rows)
    return _share(sum(number * abs(confidence - accuracy) for number, confidence, accuracy in rows), total)
