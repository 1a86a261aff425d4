"""A run, read from its work dir; what cannot be read is noted."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mmuda.report.label_statistics import LabelStatistics, read_statistics
from mmuda.report.logs import read_class_iou, read_environment
from mmuda.utils.config_text import read_settings
from mmuda.visualization.scalars import NOTES, read_scalars

STARTED = re.compile(r'\d{8}_\d{6}')  # name of the folder of a start of a run
Scalars = dict[str, tuple[list[int], list[float]]]


@dataclass
class Run:
    """What a training has left in its work dir.

    Attributes:
        name (str): For people.
        work_dir (Path): The folder.
        config (str): Text of the config, as mmengine writes it.
        scalars (dict): Iterations and values by name.
        class_iou (list[dict]): IoU of each class in [0, 1], of each evaluation.
        rounds (list[dict]): ``round.json`` of each round of self-training.
        labels (list[LabelStatistics]): Generations of pseudo labels that are there, in the order of training.
        environment (str, optional): Machine and versions.
        notes (list[str]): What is missing or cannot be read.
    """

    name: str
    work_dir: Path
    config: str
    scalars: Scalars = field(default_factory=dict)
    class_iou: list[dict[str, float]] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    labels: list[LabelStatistics] = field(default_factory=list)
    environment: str | None = None
    notes: list[str] = field(default_factory=list)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The settings of the config; none where its text cannot be read without executing it."""
        return read_settings(self.config)


def read_runs(work_dirs: Sequence[str | Path]) -> list[Run]:
    """Read the runs of work dirs, each once.

    Raises:
        ValueError: If one is not the work dir of a training of MMSegmentation.
    """
    folders = [Path(path) for path in dict.fromkeys(os.path.realpath(path) for path in work_dirs)]
    for folder in folders:
        check_work_dir(folder)
    return [read_run(folder, name) for folder, name in zip(folders, _names(folders))]


def check_work_dir(work_dir: Path) -> None:
    """Raise a ValueError that says what to do, if a folder is not the work dir of a training of MMSegmentation."""
    expected = 'expected the work dir of a training, such as work_dirs/mrnet/gta2cs'
    if not work_dir.is_dir():
        raise ValueError(f'{work_dir} is {"a file" if work_dir.exists() else "not there"}, {expected}')
    names = sorted(path.name for path in work_dir.iterdir() if not path.name.startswith('.'))
    if not names:
        raise ValueError(f'{work_dir} is empty, {expected} that has begun')
    if not _starts(work_dir):
        inner = [name for name in names if (work_dir / name).is_dir() and _starts(work_dir / name)]
        remedy = f'. Its folders {", ".join(inner[:5])} are such: name these' if inner else ''
        raise ValueError(
            f'{work_dir} has no folder <date>_<time>, which mmengine makes when a run begins; it has '
            f'{", ".join(names[:5])}: {expected}{remedy}'
        )
    config = config_of(work_dir).read_text(errors='replace')
    scope = read_settings(config, ['default_scope']).get('default_scope', 'mmseg')
    if scope != 'mmseg':
        raise ValueError(f'{work_dir} is of a training with default_scope = {scope!r}, {expected} of MMSegmentation')


def config_of(work_dir: Path) -> Path:
    """Return the config of the last start of a run; that of a test in the same folder, without scalars, comes last.

    Raises:
        ValueError: If there is none.
    """
    noted = [start / 'vis_data' / 'config.py' for start in _starts(work_dir)]
    noted.sort(key=lambda path: (path.with_name('scalars.json').is_file(), path))
    dumped = sorted(work_dir.glob('*.py'), key=lambda path: path.stat().st_mtime)
    found = [path for path in [*dumped, *noted] if path.is_file()]
    if not found:
        raise ValueError(f'{work_dir} has no config: expected one beside, or in vis_data of, {_starts(work_dir)[-1]}')
    return found[-1]


def _starts(work_dir: Path) -> list[Path]:
    """Folders of the starts of runs in a work dir, trainings and tests, in their order."""
    return sorted(path for path in work_dir.iterdir() if path.is_dir() and STARTED.fullmatch(path.name))


def read_run(work_dir: Path, name: str) -> Run:
    """Read the run of a work dir, which :func:`check_work_dir` has passed."""
    run = Run(name, work_dir, config_of(work_dir).read_text(errors='replace'))
    if not run.settings:
        run.notes.append('the config has other values than texts, numbers and lists of them: it is not compared')
    _read_scalars(run)
    _read_logs(run)
    _read_rounds(run)
    _read_labels(run)
    return run


def _names(folders: Sequence[Path]) -> list[str]:
    """Short names that differ: the paths below the folder that they share."""
    if len(folders) == 1:
        return [folders[0].name]
    shared = os.path.commonpath(folders)
    return [folder.name if str(folder) == shared else os.path.relpath(folder, shared) for folder in folders]


def _read_scalars(run: Run) -> None:
    if not any(run.work_dir.glob(NOTES)):
        run.notes.append(f'there is no {NOTES}: nothing was logged yet')
        return
    try:
        noted = read_scalars(run.work_dir)
    except (ValueError, OSError) as error:
        run.notes.append(f'losses and evaluations are left out: {error}')
        return
    for name, (places, values) in noted.items():
        numbers = [(place, value) for place, value in zip(places, values) if isinstance(value, int | float)]
        if numbers:
            run.scalars[name] = [place for place, _ in numbers], [float(value) for _, value in numbers]


def _read_logs(run: Run) -> None:
    """Read the logs of trainings; those of tests, which have no scalars, are left out."""
    logs = [path for file in sorted(run.work_dir.glob(NOTES)) for path in sorted(file.parents[1].glob('*.log'))]
    if not logs:
        run.notes.append('there is no log of a training: its environment and the IoU of classes are not known')
    for path in logs:
        text = path.read_text(errors='replace')
        run.environment = read_environment(text) or run.environment
        run.class_iou += read_class_iou(text)


def _read_rounds(run: Run) -> None:
    for path in _numbered(run.work_dir, 'round_*/round.json', 'round_', 1):
        try:
            summary = json.loads(path.read_bytes())
            run.rounds.append({key: summary[key] for key in ('index', 'begin', 'end')} | summary)
        except (ValueError, KeyError, TypeError, OSError) as error:
            run.notes.append(f'{path} is left out: it is damaged, or not of a round ({type(error).__name__}: {error})')


def _read_labels(run: Run) -> None:
    for root, title, series, place in _stores(run):
        try:
            found = read_statistics(root, title, series, place)
        except (ValueError, OSError) as error:
            run.notes.append(f'{title}: pseudo labels are left out: {error}')
            continue
        if not found.complete:
            run.notes.append(f'{title}: labeling has not ended, it is to label {found.wanted} images')
        run.labels.append(found)


def _stores(run: Run) -> list[tuple[Path, str, str, int]]:
    """Stores of the run: their folder, title, series and place in it."""
    stores = [
        (path.parent, f'round {_number(path.parents[1])}', 'round', _number(path.parents[1]))
        for path in _numbered(run.work_dir, 'round_*/pseudo_labels/manifest.json', 'round_', 2)
    ]
    for root in _folders_of_labels(run):
        for inner in ('', 'source', 'target'):
            folder, title = root / inner, ' '.join(filter(None, ('pseudo labels', inner)))
            if (folder / 'manifest.json').is_file():
                stores.append((folder, title, title, 0))
            for path in _numbered(folder, 'iter_*/manifest.json', 'iter_', 1):
                place = _number(path.parent)
                stores.append((path.parent, f'{title}, iteration {place}', title, place))
    return stores


def _folders_of_labels(run: Run) -> list[Path]:
    """The folder of labels of the work dir, and those that the config names."""
    named = [hook.get('store') for hook in run.settings.get('custom_hooks') or () if isinstance(hook, dict)]
    labels = (run.settings.get('train_cfg') or {}).get('labels')
    named.append(labels.get('store') if isinstance(labels, dict) else None)
    folders = [run.work_dir / 'pseudo_labels', *(Path(folder).resolve() for folder in named if isinstance(folder, str))]
    return list(dict.fromkeys(folders))


def _numbered(folder: Path, pattern: str, prefix: str, levels: int) -> list[Path]:
    """Files in the order of the numbers of the folders ``levels`` above them."""
    found = [path for path in folder.glob(pattern) if re.fullmatch(rf'{prefix}\d+', path.parents[levels - 1].name)]
    return sorted(found, key=lambda path: _number(path.parents[levels - 1]))


def _number(folder: Path) -> int:
    return int(folder.name.rpartition('_')[2])
