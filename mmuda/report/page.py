"""The page of runs: what they learned, what looks wrong, side by side."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from mmuda.report.alarms import Alarm
from mmuda.report.pictures import Pictures
from mmuda.report.run import Run
from mmuda.report.sections import (
    agreement_section,
    class_section,
    label_section,
    number,
    picture_section,
    prediction_section,
    round_section,
    training_section,
)
from mmuda.report.signs import alarms_of, label_agreements, picture_agreements, scalar_agreements
from mmuda.visualization.html import Section, details, notices, preformatted, table, write_page

ALARMS = (
    'Signs that a training goes wrong, and what to look at. They need no labels; where there are validation labels, '
    'the IoU of classes is watched, too.'
)
NO_ALARM = 'No sign of a training that goes wrong was found. That does not say that predictions are right.'
NOTES = 'What is missing in the work dirs, or cannot be read, so that this page is without it.'
SETTINGS = 'In which settings the runs differ, and of each its environment and its whole config.'


def write_report(path: str | os.PathLike, runs: Sequence[Run], pictures: Mapping[str, Pictures] | None = None) -> Path:
    """Write a page of runs, one file that needs neither a server nor a network.

    Args:
        path (str or os.PathLike): The file; it is there whole or not at all.
        runs (Sequence[Run]): From :func:`~mmuda.report.run.read_runs`.
        pictures (Mapping[str, Pictures], optional): By name of the run. Defaults to none.

    Returns:
        Path: ``path``.

    Raises:
        ImportError: If plotly or jinja2 is not installed.
        OSError: If the file cannot be written.
    """
    pictures = pictures or {}
    agreements = {run.name: [*label_agreements(run), *scalar_agreements(run)] for run in runs}
    alarms = {run.name: alarms_of(run, agreements[run.name], pictures.get(run.name)) for run in runs}
    for name, taken in pictures.items():
        agreements[name] += picture_agreements(taken)
    sections = [
        Section('Runs', '', [table(OVERVIEW, [_overview(run, alarms[run.name]) for run in runs])]),
        _alarms(alarms),
        *_notes(runs),
        *training_section(runs),
        *class_section(runs),
        *round_section(runs),
        *label_section(runs),
        *agreement_section(agreements),
        *prediction_section(pictures, [run.name for run in runs]),
        *(picture_section(name, taken) for name, taken in pictures.items()),
        _settings(runs),
    ]
    title = runs[0].name if len(runs) == 1 else f'{len(runs)} runs'
    lead = f'Written at {datetime.now():%Y-%m-%d %H:%M:%S} from what the runs had left by then.'
    return write_page(path, f'Report: {title}', lead, sections)


OVERVIEW = ('run', 'iterations', 'loss', 'mIoU', 'best mIoU', 'coverage', 'alarms')


def _overview(run: Run, alarms: Sequence[Alarm]) -> list[str]:
    reached = max((places[-1] for places, _ in run.scalars.values()), default=0)
    last = {name: values[-1] for name, (_, values) in run.scalars.items()}
    places, values = run.scalars.get('mIoU', ([], []))
    best = f'{max(values):.2f} at {places[values.index(max(values))]}' if values else ''
    return [
        run.name,
        str(reached),
        number(last.get('loss'), '.4g'),
        number(last.get('mIoU'), '.2f'),
        best,
        f'{100 * run.labels[-1].coverage:.1f} %' if run.labels else '',
        ', '.join(dict.fromkeys(alarm.kind for alarm in alarms)) or 'none',
    ]


def _alarms(alarms: Mapping[str, Sequence[Alarm]]) -> Section:
    texts: dict[str, list[str]] = {}
    for name, found in alarms.items():
        for alarm in found:
            texts.setdefault(alarm.kind, []).append(f'{name}: {alarm.text}')
    return Section('Alarms', ALARMS if texts else NO_ALARM, [notices(texts, alarming=True)] if texts else [])


def _notes(runs: Sequence[Run]) -> Iterator[Section]:
    texts = {run.name: run.notes for run in runs if run.notes}
    if texts:
        yield Section('Notes', NOTES, [notices(texts)])


def _settings(runs: Sequence[Run]) -> Section:
    parts = []
    if len(runs) > 1:
        rows = different_settings({run.name: run.settings for run in runs})
        parts.append(details(f'{len(rows)} settings differ', [table(['setting', *(run.name for run in runs)], rows)]))
    for run in runs:
        parts.append(details(f'{run.name}: environment', [preformatted(run.environment or 'not in the log')]))
        parts.append(details(f'{run.name}: config', [preformatted(run.config)]))
    return Section('Environment and config', SETTINGS, parts)


def different_settings(settings: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return rows of settings that are not the same in all runs: dotted name, and value in each run, cut where long."""
    flat = [dict(_flat(one)) for one in settings.values()]
    names = sorted({name for one in flat for name in one})
    rows = [[name, *(one.get(name, '') for one in flat)] for name in names]
    return [[_cut(cell) for cell in row] for row in rows if len(set(row[1:])) > 1]


def _flat(value: Any, name: str = '') -> Iterator[tuple[str, str]]:
    """Dotted names and texts of all values within dicts and lists of dicts."""
    if isinstance(value, Mapping) and value:
        items = [(str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list | tuple) and any(isinstance(inner, Mapping) for inner in value):
        items = [(str(index), inner) for index, inner in enumerate(value)]
    else:
        yield name, repr(value)
        return
    for key, inner in items:
        yield from _flat(inner, f'{name}.{key}' if name else key)


def _cut(text: str, length: int = 100) -> str:
    return text if len(text) <= length else f'{text[: length - 4]} ...'
