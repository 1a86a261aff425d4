"""What mmengine notes of a run: losses, learning rate, evaluations."""

import json
from pathlib import Path
from typing import Any

NOTES = '*/vis_data/scalars.json'  # below the work dir; a folder per start of the run


def read_scalars(work_dir: str | Path) -> dict[str, tuple[list[int], list[float]]]:
    """Return all that was noted of a run, in the order of the iterations.

    Of an iteration that was trained again after resuming, the later value counts. The last line of a file can be
    half-written, when the run goes on or was killed; it is left out.

    Args:
        work_dir (str or Path): Of the run.

    Returns:
        dict[str, tuple[list[int], list[float]]]: Iterations and values by name, such as ``loss``, ``lr``, ``mIoU``.

    Raises:
        ValueError: If there is nothing, or a file is damaged.
    """
    files = sorted(Path(work_dir).glob(NOTES))
    if not files:
        raise ValueError(
            f'{work_dir} has no {NOTES}: expected the work dir of a training that has begun, with the stock '
            "LocalVisBackend, vis_backends=[dict(type='LocalVisBackend')]"
        )
    noted: dict[str, dict[int, float]] = {}
    for file in files:
        for entry in _entries(file):
            for name, value in entry.items():
                if name not in ('step', 'iter', 'epoch'):
                    noted.setdefault(name, {})[entry['step']] = value
    return {name: (sorted(values), [values[step] for step in sorted(values)]) for name, values in noted.items()}


def _entries(file: Path) -> list[dict[str, Any]]:
    entries, lines = [], file.read_text(errors='replace').splitlines()
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            entry['step'] + 0
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                break
            raise ValueError(
                f'{file}, line {number}: expected the JSON that mmengine notes in training, with `step` ({error}): '
                'delete the line'
            ) from error
        entries.append(entry)
    return entries
