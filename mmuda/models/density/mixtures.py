"""Gaussian mixtures of the classes over place and depth: the numbers, their file, their fit."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmuda.utils.files import replace_file
from mmuda.utils.progress import progress

SCIKIT_LEARN = "pip install 'scikit-learn==1.9.1', as requirements/default.txt has it"


@dataclass(frozen=True)
class Mixtures:
    """A mixture of K diagonal Gaussians over (column, row, inverse depth) for each of C classes.

    Attributes:
        mean (np.ndarray): (C, K, 3) float64.
        variance (np.ndarray): (C, K, 3) float64, positive.
        weight (np.ndarray): (C, K) float64; 0 for components that a class with few samples does not have.
        classes (tuple[str, ...]): Names of the classes, C of them.
        grid (tuple[int, int]): (height, width) of the grid whose columns and rows are counted.
        made_of (dict): What they were fitted to, JSON values.
    """

    mean: np.ndarray
    variance: np.ndarray
    weight: np.ndarray
    classes: tuple[str, ...]
    grid: tuple[int, int]
    made_of: dict[str, Any] = field(default_factory=dict)

    def save(self, path: str | Path) -> None:
        """Write them to a file ``.npz``, whole or not at all."""
        head = json.dumps(dict(classes=self.classes, grid=self.grid, made_of=self.made_of))
        replace_file(
            Path(path),
            lambda file: np.savez(
                file, mean=self.mean, variance=self.variance, weight=self.weight, head=np.array(head)
            ),
        )

    @classmethod
    def load(cls, path: str | Path) -> 'Mixtures':
        """Read a file that :meth:`save` has written.

        Raises:
            FileNotFoundError: If there is no such file.
            OSError: If it is damaged or another file.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                head = json.loads(str(data['head']))
                arrays = {key: data[key] for key in ('mean', 'variance', 'weight')}
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f'there is no file of mixtures {path}: make it with tools/dataset_tools/fit_depth_distribution.py'
            ) from error
        except Exception as error:  # NumPy, zipfile, zlib and json raise many kinds for damaged files
            raise OSError(f'{path} is no file of mixtures, or damaged ({error}): delete it and fit again') from error
        return cls(**arrays, classes=tuple(head['classes']), grid=tuple(head['grid']), made_of=head['made_of'])


def fit_mixtures(
    samples: Sequence[np.ndarray],
    classes: Sequence[str],
    grid: tuple[int, int],
    components: int = 5,
    seed: int = 0,
    made_of: dict[str, Any] | None = None,
) -> Mixtures:
    """Fit a mixture to the samples of each class, by expectation-maximization (scikit-learn).

    As in the published code (Wu and Liu, NeurIPS 2022), means start from k-means (here 10 times, there 50), variances
    from 1 and weights from 1 / K, 1e-6 is added to variances, and the fit ends when the mean log-likelihood rises by
    less than 1e-3, after 100 steps at the latest.

    Args:
        samples (Sequence[np.ndarray]): For each class (n, 3): column, row, inverse depth.
        classes (Sequence[str]): Names of the classes.
        grid (tuple[int, int]): (height, width) of the grid of the columns and rows.
        components (int): Gaussians K of each class. Defaults to 5.
        seed (int): Of k-means. Defaults to 0.
        made_of (dict, optional): What is written to the file as origin. Defaults to None.

    Raises:
        ImportError: If scikit-learn is not installed.
        ValueError: If a class has no samples.
    """
    absent = [name for name, rows in zip(classes, samples) if not len(rows)]
    if absent:
        raise ValueError(
            f'the classes {absent} do not occur with a valid depth in the source set, so that their depth has no '
            "distribution: leave them out of the data sets' classes (metainfo), or use more images"
        )
    mixture = _mixture_class()
    mean = np.zeros((len(classes), components, 3))
    variance, weight = np.ones_like(mean), np.zeros(mean.shape[:2])
    for index, rows in enumerate(progress(list(samples), 'Depth distribution')):
        rows = np.asarray(rows, np.float64)
        count = min(components, len(np.unique(rows, axis=0)))
        fitted = mixture(
            count,
            covariance_type='diag',
            means_init=_first_means(rows, count, seed),
            precisions_init=np.ones((count, rows.shape[1])),
            weights_init=np.full(count, 1 / count),
            random_state=seed,
        ).fit(rows if len(rows) > 1 else np.repeat(rows, 2, axis=0))
        mean[index, :count], variance[index, :count] = fitted.means_, fitted.covariances_
        weight[index, :count] = fitted.weights_
    return Mixtures(mean, variance, weight, tuple(classes), (grid[0], grid[1]), made_of or {})


def _first_means(rows: np.ndarray, count: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    return KMeans(count, n_init=10, random_state=seed).fit(rows).cluster_centers_


def _mixture_class() -> Any:
    try:
        from sklearn.mixture import GaussianMixture
    except ImportError as error:
        raise ImportError(f'fitting the depth of classes needs scikit-learn: {SCIKIT_LEARN}') from error
    return GaussianMixture
