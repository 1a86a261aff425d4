"""Rows as files and as tables."""

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from mmuda.utils.files import replace_file
from tools.selection.ranking import TRUTH, Row, best, by_run, judge, known

NAMES = ('run', 'checkpoint', 'iteration')
SUFFIXES = ('.csv', '.json')


def read_rows(path: Path, scores: Sequence[str]) -> list[Row]:
    """Read rows that :func:`write_rows` has written.

    Raises:
        ValueError: If the file is another.
        OSError: If it cannot be read.
    """
    check_suffix(path)
    text = path.read_text()
    try:
        raw = json.loads(text)['rows'] if path.suffix == '.json' else list(csv.DictReader(io.StringIO(text)))
        rows = [_row(entry, scores) for entry in raw]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f'{path} is no table of this tool ({type(error).__name__}: {error}): expected a file that --out has '
            f'written, with the columns {", ".join(NAMES)} and scores'
        ) from error
    if not rows:
        raise ValueError(f'{path} has no rows')
    return rows


def write_rows(path: Path, rows: Sequence[Row], summary: dict[str, Any], scores: Sequence[str]) -> None:
    """Write rows as CSV, or as JSON with what was found in them; the file is there whole or not at all.

    Raises:
        OSError: If it cannot be written.
    """
    if path.suffix == '.json':
        text = json.dumps(dict(summary, rows=list(rows)), indent=2) + '\n'
    else:
        file = io.StringIO()
        columns = [name for name in (*NAMES, *scores, TRUTH) if any(name in row for row in rows)]
        writer = csv.DictWriter(file, columns, lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
        text = file.getvalue()
    replace_file(path, lambda file: file.write(text.encode()))


def check_suffix(path: Path) -> None:
    """Refuse other files than tables.

    Raises:
        ValueError: If it is one.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f'{path}: expected a name that ends in {" or ".join(SUFFIXES)}')


def show_rows(rows: Sequence[Row], scores: Sequence[str], console: Console) -> None:
    """Print the scores of each run's checkpoints, the best of each marked."""
    for run, of_run in by_run(rows).items():
        present = [name for name in (*scores, TRUTH) if any(known(row, name) for row in of_run)]
        shown = _table(f'{run}; the best is marked with *', 'checkpoint', *map(_words, present))
        for row in of_run:
            cells = []
            for name in present:
                mark = '*' if best(of_run, name) is row else ''
                cells.append(mark + _number(row[name], 2 if name.endswith('mIoU') else 4) if known(row, name) else '')
            shown.add_row(row['checkpoint'].removesuffix('.pth'), *cells)
        console.print(shown)


def show_choices(rows: Sequence[Row], scores: Sequence[str], console: Console) -> None:
    """Print which checkpoint of all runs each score takes."""
    shown = _table('What each score takes of all runs', 'score', 'run', 'checkpoint')
    for name in scores:
        chosen = best(rows, name)
        if chosen is not None:
            shown.add_row(_words(name), chosen['run'], chosen['checkpoint'])
    console.print(shown)


def show_judgement(rows: Sequence[Row], scores: Sequence[str], console: Console) -> None:
    """Print how good a guide each score is, by the true mIoU, and what taking the last checkpoint loses."""
    shown = _table(
        'Evaluation of the scores with the labels of the target, which choosing does not use: Spearman rank '
        'correlation with the mIoU, and the mIoU lost by choosing with the score',
        'score',
        'within runs',
        '(runs)',
        'lost',
        'all checkpoints',
        '(number)',
        'lost',
        'last of each run',
        'lost',
    )
    for name in scores:
        found = judge(rows, name)
        if found['checkpoints']:
            shown.add_row(
                _words(name),
                *(_number(found['within'], 2), str(found['runs']), _number(found['within_lost'], 2)),
                *(_number(found['across'], 2), str(found['checkpoints']), _number(found['across_lost'], 2)),
                *(_number(found['last'], 2), _number(found['last_lost'], 2)),
            )
    found = judge(rows, 'iteration')
    shown.add_row(
        'none: the last', _number(found['within'], 2), str(found['runs']), _number(found['within_lost'], 2), *[''] * 5
    )
    console.print(shown)


def _row(entry: dict[str, Any], scores: Sequence[str]) -> Row:
    row: Row = dict(run=str(entry['run']), checkpoint=str(entry['checkpoint']), iteration=int(entry['iteration']))
    for name in (*scores, TRUTH):
        if entry.get(name) not in (None, ''):
            row[name] = float(entry[name])
    if len(row) == len(NAMES):
        raise ValueError('a row without scores')
    return row


def _table(title: str, *columns: str) -> Table:
    made = Table(title=title, title_justify='left')
    for index, column in enumerate(columns):
        made.add_column(column, justify='left' if not index else 'right', overflow='fold')
    return made


def _words(name: str) -> str:
    return name.replace('_', ' ')


def _number(value: float | None, digits: int) -> str:
    return '' if value is None or math.isnan(value) else f'{value:.{digits}f}'
