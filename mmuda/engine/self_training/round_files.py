"""What a round of self-training leaves in its folder for people: ``round.json``."""

import json
from pathlib import Path
from typing import Any

from mmuda.utils.files import replace_file

SUMMARY = 'round.json'


def read_summary(path: Path) -> dict[str, Any]:
    """Read what :func:`write_summary` wrote.

    Raises:
        ValueError: If the file is damaged.
    """
    try:
        written = json.loads(path.read_bytes())
        if not isinstance(written, dict):
            raise ValueError(f'holds a {type(written).__name__}')
    except ValueError as error:
        raise ValueError(
            f'{path} is damaged ({error}), expected what a round of self-training has written: delete it '
            'and start again with --resume, and the round is evaluated again'
        ) from error
    return written


def write_summary(path: Path, summary: dict[str, Any]) -> None:
    """Write a summary of JSON values; see :func:`write_text`."""
    write_text(path, json.dumps(summary, indent=2))


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole or not at all.

    Raises:
        OSError: If it cannot be written; says what to do.
    """
    try:
        replace_file(path, lambda file: file.write(text.encode()))
    except OSError as error:
        raise OSError(
            error.errno,
            f'cannot write {path} ({error.strerror or error}); free some space or correct the permissions, and '
            'continue with --resume',
        ) from error
