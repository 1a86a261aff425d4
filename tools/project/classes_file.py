"""The file that names the classes of own data."""

import colorsys
import re
from pathlib import Path
from typing import NamedTuple

from mmuda.datasets.classes import CITYSCAPES_CLASSES
from mmuda.datasets.label_maps import CITYSCAPES_PALETTE, IGNORE_INDEX

_LINE = re.compile(r'(?P<name>[^:]*[^:\s])(\s*:\s*(?P<color>\d+(\s*,\s*|\s+)\d+(\s*,\s*|\s+)\d+))?')
_KNOWN = dict(zip(CITYSCAPES_CLASSES, CITYSCAPES_PALETTE))


class Classes(NamedTuple):
    """Names of classes and their colors, in the order of the values in label files.

    Attributes:
        names (tuple[str, ...]): C of them.
        palette (list[list[int]]): C colors, R, G, B from 0 to 255.
    """

    names: tuple[str, ...]
    palette: list[list[int]]


def read_classes(path: Path) -> Classes:
    """Read a list of classes: a line each, ``name`` or ``name: R, G, B``; empty lines and those with ``#`` are skipped.

    A class without a color has that of Cityscapes where the name is one of its classes, else one of its own hue.

    Args:
        path (Path): A text file.

    Raises:
        OSError: If it cannot be read.
        ValueError: If a line is neither, a name stands twice, or there are fewer than 2 or more than 255 classes.
    """
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f'--classes {path} is no text file: {error}') from error
    names: list[str] = []
    palette: list[list[int]] = []
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if line and not line.startswith('#'):
            name, color = _read_line(line, f'--classes {path}, line {number}')
            if name in names:
                raise ValueError(f'--classes {path}, line {number}: {name!r} stands there twice')
            names.append(name)
            palette.append(color or _KNOWN.get(name) or _color(len(names) - 1))
    if not 2 <= len(names) <= IGNORE_INDEX:
        raise ValueError(
            f'--classes {path} names {len(names)} classes, expected 2 to {IGNORE_INDEX}: a line each, `name` or '
            '`name: R, G, B`; the first is the value 0 of the label files'
        )
    return Classes(tuple(names), palette)


def _read_line(line: str, where: str) -> tuple[str, list[int] | None]:
    match = _LINE.fullmatch(line)
    color = [int(value) for value in re.findall(r'\d+', match['color'])] if match and match['color'] else None
    if match is None or (color and max(color) > 255):
        raise ValueError(f'{where}: {line!r}, expected `name` or `name: R, G, B` with numbers from 0 to 255')
    return match['name'], color


def _color(index: int) -> list[int]:
    """A color whose hue is far from those of the classes before."""
    return [round(255 * value) for value in colorsys.hsv_to_rgb(index * 0.618 % 1, 0.65, 0.9)]
