"""What there is to choose from: the checkpoints of a work dir and the config that trained them."""

import re
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from mmuda.compat import CheckpointError, safe_load
from mmuda.engine.checkpoints import is_whole

NAMES = re.compile(r'(best_.+_)?(iter|epoch|round)_\d+')


@dataclass
class Run:
    """A training with its checkpoints.

    Attributes:
        name (str): The work dir as it was given.
        path (Path): Of the config.
        config (Config): The one that the run has left.
        checkpoints (dict[int, Path]): By iteration, in order.
    """

    name: str
    path: Path
    config: Config
    checkpoints: dict[int, Path]


def find_run(work_dir: Path) -> Run:
    """Find config and checkpoints of a work dir.

    Of several configs, which runs with other configs have left, the newest is taken.

    Raises:
        ValueError: If it is none, or has no checkpoints, or damaged ones.
        OSError: If it cannot be read.
    """
    if not work_dir.is_dir():
        raise FileNotFoundError(f'{work_dir} is no folder: expected the work dir of a training')
    configs = sorted(work_dir.glob('*.py'), key=lambda path: path.stat().st_mtime_ns)
    if not configs:
        raise ValueError(f'{work_dir} has no config (*.py), which a training writes there: is it a work dir?')
    return Run(str(work_dir), configs[-1], read_config(configs[-1]), find_checkpoints(work_dir))


def find_checkpoints(work_dir: Path) -> dict[int, Path]:
    """Return the checkpoints of a work dir by iteration; the best of a run only where it is not there otherwise.

    Raises:
        ValueError: If there is none, or one is damaged.
    """
    paths = sorted(path for path in work_dir.glob('*.pth') if NAMES.fullmatch(path.stem))
    if not paths:
        others = sorted(path.name for path in work_dir.glob('*.pth'))
        raise ValueError(
            f'{work_dir} has no checkpoints: expected iter_<n>.pth, epoch_<n>.pth, round_<n>.pth or best_..._<n>.pth, '
            f'found {", ".join(others[:3]) or "no .pth"}. Let the training run to its first checkpoint'
        )
    damaged = [path.name for path in paths if not is_whole(path)]
    if damaged:
        raise ValueError(f'{work_dir}: {", ".join(damaged)} is damaged or cut off: remove it, or let the run end')
    by_iteration: dict[int, Path] = {}
    for path in sorted(paths, key=lambda path: path.name.startswith('best_')):
        by_iteration.setdefault(_iteration(path), path)
    return dict(sorted(by_iteration.items()))


def _iteration(path: Path) -> int:
    try:
        return int(safe_load(str(path), map_location='cpu', mmap=True)['meta']['iter'])
    except (CheckpointError, KeyError, TypeError) as error:
        raise ValueError(f'{path} does not say its iteration, as the checkpoints of a training do ({error})') from error


def read_config(path: Path) -> Config:
    """Read the config of a training with this project or with MMSegmentation.

    Raises:
        ValueError: If it cannot be read, or has no model.
    """
    try:
        config = Config.fromfile(path)
    except Exception as error:  # a config is a program
        raise ValueError(f'{path} cannot be read as a config ({type(error).__name__}: {error})') from error
    if not isinstance(config.get('model'), dict) or 'type' not in config.model:
        raise ValueError(f'{path} has no model: expected the config of a training of a segmentor')
    return config
