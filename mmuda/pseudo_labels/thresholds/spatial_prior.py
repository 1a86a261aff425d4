"""Reading the spatial prior of CBST-SP: where in the image each class occurs."""

from pathlib import Path

import numpy as np
import scipy.io

KEY = 'prior_array'


def load_prior(path: str | Path) -> np.ndarray:
    """Read a spatial prior.

    Args:
        path (str or Path): ``.npy``; ``.npz`` or ``.mat`` (as published, MATLAB 5 to 7.2) with the variable
            ``prior_array``.

    Returns:
        np.ndarray: (C, H, W), float32.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is of another kind, damaged, or holds no such array; the message names the file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f'there is no spatial prior {path}: make it with tools/dataset_tools/make_spatial_prior.py'
        )
    readers = {'.npy': _read_npy, '.npz': _read_npz, '.mat': _read_mat}
    if path.suffix not in readers:
        raise ValueError(f'the spatial prior {path} is no {", ".join(readers)} file')
    try:
        prior = readers[path.suffix](path)
    except KeyError as error:
        raise ValueError(f'{path} has no variable {KEY!r}, the spatial prior') from error
    except NotImplementedError as error:  # of SciPy, for HDF5
        raise ValueError(f'{path} is of MATLAB 7.3, which SciPy does not read: save it with -v7') from error
    except Exception as error:  # SciPy and NumPy raise many kinds for damaged files
        raise ValueError(f'cannot read the spatial prior {path} ({error}): make or fetch it again') from error
    if prior.ndim != 3 or not np.issubdtype(prior.dtype, np.floating):
        raise ValueError(
            f'the spatial prior {path} has shape {prior.shape} and type {prior.dtype}, expected '
            '(classes, height, width) and floating point'
        )
    if not np.isfinite(prior).all():
        raise ValueError(f'the spatial prior {path} holds NaN or infinite values: make it again')
    return prior.astype(np.float32)


def _read_npy(path: Path) -> np.ndarray:
    return np.load(path, allow_pickle=False)


def _read_npz(path: Path) -> np.ndarray:
    with np.load(path, allow_pickle=False) as arrays:
        return arrays[KEY]


def _read_mat(path: Path) -> np.ndarray:
    return scipy.io.loadmat(path, variable_names=[KEY])[KEY]
