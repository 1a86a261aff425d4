"""All files of all splits, checked in parallel, and what follows from them together."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from multiprocessing.context import BaseContext
from typing import Any

import numpy as np

from mmuda.datasets.doctor.duplicates import Duplicate, near_duplicates
from mmuda.datasets.doctor.file_check import STATISTICS, FileCheck, check_files
from mmuda.datasets.doctor.findings import Finding
from mmuda.datasets.doctor.split import Split
from mmuda.datasets.label_statistics.label_sample import LabelSample, holds_plain_ids
from mmuda.datasets.wrappers.uda_dataset import check_classes
from mmuda.utils.progress import progress

_CHUNK = 8  # images per task of a process
_ORDER = ('error', 'warning', 'note')
_TRAINING = ('source', 'labeled', 'target', 'unlabeled')


@dataclass
class SplitResult:
    """What a split holds.

    Attributes:
        split (Split): The split.
        checks (list[FileCheck]): Of all its images.
        labels (LabelSample): Of all sound labels.
        unnamed (Counter[int]): Ids of label files that are no class, with their pixels.
    """

    split: Split
    checks: list[FileCheck]
    labels: LabelSample
    unnamed: Counter[int] = field(default_factory=Counter)

    @property
    def sizes(self) -> Counter[tuple[int, int]]:
        """Counter: Width and height of the images."""
        return Counter(check.size for check in self.checks if check.size is not None)

    @property
    def statistics(self) -> np.ndarray:
        """np.ndarray: (N, 9) float64 of the images that can be read."""
        rows = [check.statistics for check in self.checks if check.statistics is not None]
        return np.array(rows).reshape(-1, len(STATISTICS))

    @property
    def shares(self) -> dict[str, float]:
        """dict[str, float]: Share of the labeled pixels per class; empty without labels."""
        counts = self.labels.pixels[: len(self.labels.classes)]
        return dict(zip(self.labels.classes, (counts / counts.sum()).tolist())) if counts.sum() else {}

    def thumbnails(self) -> list[tuple[str, np.ndarray]]:
        """Paths and thumbnails of the images that can be read."""
        return [(check.img_path, check.thumbnail) for check in self.checks if check.thumbnail is not None]


@dataclass
class Examination:
    """What was found in the data of a config.

    Attributes:
        results (list[SplitResult]): One per split.
        findings (list[Finding]): Of all splits, errors first, notes last.
        duplicates (list[Duplicate]): Images of the training that the validation has, too.
        seconds (float): How long it took to open the files.
    """

    results: list[SplitResult]
    findings: list[Finding]
    duplicates: list[Duplicate]
    seconds: float

    @property
    def files(self) -> int:
        """int: How many files were opened."""
        return sum(check.files for result in self.results for check in result.checks)

    def number(self, severity: str) -> int:
        """Number of findings of a severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def domain(self, name: str) -> list[SplitResult]:
        """The results of the splits of a name."""
        return [result for result in self.results if result.split.domain == name]

    def gap(self) -> dict[str, dict[str, float]]:
        """Compare the images of source and target.

        Returns:
            dict: For each of :data:`STATISTICS` ``source`` and ``target`` (means over the images) and ``gap``, their
            difference in standard deviations over the images of one domain (Cohen's d, pooled). The largest first;
            empty without both domains. Without training images of the target those of the validation stand for it.
        """
        source, target = (
            np.concatenate([np.zeros((0, len(STATISTICS))), *(result.statistics for result in results)])
            for results in (self.domain('source'), self.domain('target') or self.domain('validation'))
        )
        if not len(source) or not len(target):
            return {}
        means = source.mean(0), target.mean(0)
        pooled = np.sqrt((source.var(0) + target.var(0)) / 2)
        gaps = (means[1] - means[0]) / np.maximum(pooled, 1e-9)
        order = np.argsort(-np.abs(gaps), kind='stable')
        return {
            STATISTICS[index]: dict(
                source=float(means[0][index]), target=float(means[1][index]), gap=float(gaps[index])
            )
            for index in order
        }

    def as_dict(self) -> dict[str, Any]:
        """What a JSON file holds."""
        return dict(
            errors=self.number('error'),
            warnings=self.number('warning'),
            findings=[asdict(finding) for finding in self.findings],
            splits={result.split.name: _as_dict(result) for result in self.results},
            gap=self.gap(),
            duplicates=[duplicate._asdict() for duplicate in self.duplicates],
            files=self.files,
            seconds=round(self.seconds, 3),
            files_per_second=round(self.files / max(self.seconds, 1e-9), 1),
        )


def _as_dict(result: SplitResult) -> dict[str, Any]:
    statistics = result.statistics
    return dict(
        dataset=result.split.kind,
        images=len(result.split.entries),
        labels=sum('seg_map_path' in entry for entry in result.split.entries),
        sizes={f'{width}x{height}': count for (width, height), count in result.sizes.most_common()},
        pseudo_labels=result.split.pseudo_labels,
        left_out=result.split.left_out,
        class_shares=result.shares,
        missing_classes=result.labels.missing_classes if result.labels.number else [],
        ids_that_are_no_class={str(value): count for value, count in sorted(result.unnamed.items())},
        statistics=dict(zip(STATISTICS, statistics.mean(0).tolist())) if len(statistics) else {},
    )


def examine(splits: Sequence[Split], processes: int, measured: int | None = None) -> Examination:
    """Open every file of the splits.

    Args:
        splits (Sequence[Split]): What to look at.
        processes (int): How many processes open files, at least 1.
        measured (int, optional): Images per split, spread over it, of which statistics are made and near-duplicates
            found; the files of the others are only proved to be sound. Defaults to all.

    Returns:
        Examination: What they hold.

    Raises:
        ValueError: If ``processes`` is below 1 or ``measured`` below 0.
        concurrent.futures.process.BrokenProcessPool: If a process was ended from outside, such as for want of memory.
    """
    if processes < 1:
        raise ValueError(f'processes = {processes}, expected 1 or more')
    if measured is not None and measured < 0:
        raise ValueError(f'measured = {measured}, expected 0 or more')
    begin = time.monotonic()
    checks = _check_all(splits, processes, measured)
    seconds = time.monotonic() - begin
    results = [_result(split, of_split) for split, of_split in zip(splits, checks)]
    training = [item for result in results if result.split.domain in _TRAINING for item in result.thumbnails()]
    held_out = [item for result in results if result.split.domain not in _TRAINING for item in result.thumbnails()]
    duplicates = near_duplicates(training, held_out)
    findings = [finding for result in results for finding in _findings(result)]
    findings += [*_class_lists(splits), *_of_duplicates(duplicates)]
    return Examination(
        results, sorted(findings, key=lambda finding: _ORDER.index(finding.severity)), duplicates, seconds
    )


def _check_all(splits: Sequence[Split], processes: int, measured: int | None) -> list[list[FileCheck]]:
    parts = [
        (
            index,
            replace(split, entries=split.entries[begin : begin + _CHUNK], findings=[], left_out=[]),
            wanted[begin : begin + _CHUNK],
        )
        for index, split in enumerate(splits)
        for wanted in [_spread(len(split.entries), measured)]
        for begin in range(0, len(split.entries), _CHUNK)
    ]
    checks: list[list[FileCheck]] = [[] for _ in splits]
    with ProcessPoolExecutor(processes, mp_context=_context()) as pool:
        tasks = [(index, pool.submit(check_files, part, wanted), len(wanted)) for index, part, wanted in parts]
        images = [(index, task, place) for index, task, number in tasks for place in range(number)]
        try:
            for index, task, place in progress(images, 'Images and their labels'):
                checks[index].append(task.result()[place])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return checks


def _spread(total: int, number: int | None) -> list[bool]:
    """Choose a number of images at equal distances; all by default."""
    if number is None or number >= total:
        return [True] * total
    return [(index + 1) * number // total > index * number // total for index in range(total)]


def _context() -> BaseContext:
    """How processes start: not as copies of this one, whose threads (OpenCV, torch) would leave locks behind."""
    if 'forkserver' not in multiprocessing.get_all_start_methods():  # Windows
        return multiprocessing.get_context('spawn')
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['__main__', check_files.__module__])  # once, not in each process
    return context


def _result(split: Split, checks: list[FileCheck]) -> SplitResult:
    result = SplitResult(split, checks, LabelSample(split.classes))
    for entry, check in zip(split.entries, checks):
        result.unnamed.update(check.unnamed)
        if check.pixels is not None:
            result.labels.add_pixels(check.pixels, entry['seg_map_path'])
            result.labels.plain_ids = holds_plain_ids({**entry, 'label_format': split.label_format})
    return result


def _findings(result: SplitResult) -> list[Finding]:
    """Everything about one split."""
    name, labels = result.split.name, result.labels
    findings = [*result.split.findings, *(finding for check in result.checks for finding in check.findings)]
    if labels.number:
        which = f'the {labels.number} labels'
        findings += [Finding('warning', 'classes', name, message) for message in labels.warnings(which)]
    if result.unnamed:
        total = max(int(labels.pixels.sum()), 1)
        ids = ', '.join(f'{value} ({100 * count / total:.2g} %)' for value, count in sorted(result.unnamed.items()))
        message = f'label files hold ids that are no class, which are ignored, with their share of the pixels: {ids}'
        findings.append(Finding('note', 'unnamed ids', name, message))
    if len(result.sizes) > 1:
        sizes = ', '.join(f'{count} of {width}x{height}' for (width, height), count in result.sizes.most_common(5))
        findings.append(Finding('note', 'size', name, f'images have {len(result.sizes)} sizes: {sizes}'))
    return findings


def _class_lists(splits: Sequence[Split]) -> list[Finding]:
    """Splits whose classes are not those of the first."""
    findings = []
    known = [split for split in splits if split.classes]
    for split in known[1:]:
        try:
            check_classes(known[0].classes, split.classes, f'{known[0].name} and {split.name}')
        except ValueError as error:
            findings.append(Finding('error', 'classes', split.name, str(error)))
    return findings


def _of_duplicates(duplicates: Sequence[Duplicate]) -> list[Finding]:
    return [
        Finding(
            'warning',
            'duplicate',
            'validation',
            f'{duplicate.validation} is nearly {duplicate.training} of the training ({duplicate.distance} of 256 bits '
            'of their hashes differ): the validation tells less than it seems',
        )
        for duplicate in duplicates
    ]
