"""What the log of a run says beside its scalars: the environment, and the IoU of each class."""

import re

_ENVIRONMENT = re.compile(r'^-{20,}\n(System environment:.*?)\n-{20,}$', re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r'^\+[-+]+\+\n\|\s*Class\s*\|\s*IoU\s*\|.*\n\+[-+]+\+\n((?:\|.*\|\n)+)\+[-+]+\+$', re.MULTILINE)
_LEFT_OUT = 'PyTorch compiling details'  # a page of compiler flags


def read_environment(log: str) -> str | None:
    """Return what mmengine writes of the machine and the versions at the start of a log.

    Args:
        log (str): The text of a log.

    Returns:
        str | None: The lines, without compiler flags; None where the log does not have it (whole).
    """
    found = _ENVIRONMENT.search(log)
    if found is None:
        return None
    lines, kept, skips = found[1].splitlines(), [], False
    for line in lines:
        skips = _LEFT_OUT in line or (skips and line.startswith('  - '))
        if not skips:
            kept.append(line.rstrip())
    return '\n'.join(kept)


def read_class_iou(log: str) -> list[dict[str, float]]:
    """Return the IoU of each class in [0, 1], of each evaluation in a log, in their order.

    Args:
        log (str): The text of a log. A table that is cut off does not count.

    Returns:
        list[dict[str, float]]: NaN where a class occurs neither in labels nor in predictions.
    """
    return [dict(_row(line) for line in table.splitlines()) for table in _TABLE.findall(log)]


def _row(line: str) -> tuple[str, float]:
    name, iou = (cell.strip() for cell in line.strip('|').split('|')[:2])
    return name, float(iou) / 100
