"""The file of results: one finished run per row, from which all tables are made."""

import csv
import fcntl
import io
import json
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mmuda.utils.files import replace_file


@dataclass(frozen=True)
class Result:
    """One finished run; the columns of the file.

    Attributes:
        task (str): Name of the task's folder.
        method (str): Name of the config.
        seed (int): ``randomness.seed``.
        config_hash (str): Of the merged config and those it starts from, see :meth:`Task.config_hash`.
        revision (str): Of the code, with a ``+`` where it was changed since.
        device (str): ``cpu``, or the name of the GPU.
        iterations (int): Of the last checkpoint, without those of the run it starts from.
        mIoU (float): In percent, of the last checkpoint on the target's validation images.
        seconds (float): Wall time of training.
        cpu_seconds (float): Of training, user and system, with data loading.
        peak_mib (float): Host memory of the training process.
        date (str): Day on which it ended.
        iou_per_class (dict[str, float | None]): In percent, by class; None for one that does not occur.
        rounds (list[dict]): Of self-training, one per round: ``mIoU`` after it, and ``labeled``, the labeled share of
            the pixels predicted as each class. In JSON, and last: a row that is cut off is no JSON.
    """

    task: str
    method: str
    seed: int
    config_hash: str
    revision: str
    device: str
    iterations: int
    mIoU: float  # noqa: N815
    seconds: float
    cpu_seconds: float
    peak_mib: float
    date: str
    iou_per_class: dict[str, float | None]
    rounds: list[dict[str, Any]]

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What says that two rows are of the same run."""
        return self.task, self.method, self.seed, self.config_hash


COLUMNS = [field.name for field in fields(Result)]
READERS = [field.type if field.type in (str, int, float) else json.loads for field in fields(Result)]


def read_results(path: Path) -> list[Result]:
    """Read all whole rows; of a run that is there twice, the last.

    A row that is not whole is ignored with a warning.

    Raises:
        ValueError: If the file has other columns.
    """
    if not path.is_file():
        return []
    found = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if number == 1:
            if line.split(',') != COLUMNS:
                raise ValueError(f'{path} has the columns {line}, expected {",".join(COLUMNS)}: move it away')
            continue
        result = _parse(line)
        if result is None:
            warnings.warn(f'{path}, line {number} is not a whole row and is ignored; its run is run again')
        else:
            found[result.key] = result
    return list(found.values())


def append_result(path: Path, result: Result) -> None:
    """Add a row; the file is replaced as a whole, and a last row that is not whole is dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(path.parent):
        lines = path.read_text().splitlines() if path.is_file() else []
        if len(lines) > 1 and _parse(lines[-1]) is None:
            lines.pop()
        text = '\n'.join([*(lines or [_line(COLUMNS)]), _line(_values(result))]) + '\n'
        replace_file(path, lambda file: file.write(text.encode()), durable=True)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait for other processes that write in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _values(result: Result) -> list[Any]:
    return [json.dumps(value) if isinstance(value, dict | list) else value for value in asdict(result).values()]


def _line(values: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator='').writerow(values)
    return text.getvalue()


def _parse(line: str) -> Result | None:
    cells = next(csv.reader([line]), [])
    if len(cells) != len(COLUMNS):
        return None
    try:
        return Result(*[read(cell) for read, cell in zip(READERS, cells)])
    except ValueError:
        return None
