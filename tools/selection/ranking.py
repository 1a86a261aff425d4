"""Which checkpoint a score chooses and, where the true mIoU is known, how good a guide the score is."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy.stats import spearmanr

TRUTH = 'mIoU'
FEWEST = 3  # checkpoints that have a rank correlation

Row = dict[str, Any]


def best(rows: Iterable[Row], score: str) -> Row | None:
    """Return the row with the highest score, of equal ones the first; None where no row has it."""
    return max((row for row in rows if known(row, score)), key=lambda row: row[score], default=None)


def known(row: Row, *names: str) -> bool:
    """Whether a row has numbers under these names."""
    return all(row.get(name) is not None and not math.isnan(row[name]) for name in names)


def by_run(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each run."""
    runs = defaultdict(list)
    for row in rows:
        runs[row['run']].append(row)
    return dict(runs)


def correlation(rows: Iterable[Row], score: str) -> float | None:
    """Return Spearman's rank correlation of a score with the true mIoU, from -1 to 1.

    None for fewer than three rows that have both, and where one of them is the same everywhere.
    """
    pairs = np.array([(row[score], row[TRUTH]) for row in rows if known(row, score, TRUTH)])
    if len(pairs) < FEWEST or not (np.ptp(pairs, axis=0) > 0).all():
        return None
    return float(spearmanr(*pairs.T).statistic)


def lost(rows: Sequence[Row], score: str) -> float | None:
    """Return how much lower the true mIoU of the choice is than that of the best row that has the score."""
    rows = [row for row in rows if known(row, score, TRUTH)]
    chosen = best(rows, score)
    return None if chosen is None else max(row[TRUTH] for row in rows) - chosen[TRUTH]


def judge(rows: Sequence[Row], score: str) -> dict[str, Any]:
    """Say how good a guide a score is, by rows with the true mIoU.

    Returns:
        dict: ``within``, the mean over the runs of the correlation over the checkpoints of one run, and ``runs``, how
        many have one; ``within_lost``, the mean of the mIoU lost by choosing within a run, over the runs of several
        checkpoints; ``across`` and ``across_lost``, the same over all ``checkpoints`` of all runs; ``last`` and
        ``last_lost``, over the last checkpoint of each run, as a method is chosen. None where there is none.
    """
    runs = [of_run for of_run in by_run(rows).values() if any(known(row, score, TRUTH) for row in of_run)]
    several = [of_run for of_run in runs if len(of_run) > 1]
    within = [value for of_run in several if (value := correlation(of_run, score)) is not None]
    last = [max(of_run, key=lambda row: row['iteration']) for of_run in runs]
    return dict(
        within=_mean(within),
        runs=len(within),
        within_lost=_mean([value for of_run in several if (value := lost(of_run, score)) is not None]),
        across=correlation(rows, score),
        checkpoints=sum(known(row, score, TRUTH) for row in rows),
        across_lost=lost(rows, score),
        last=correlation(last, score) if len(runs) > 1 else None,
        last_lost=lost(last, score) if len(runs) > 1 else None,
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
