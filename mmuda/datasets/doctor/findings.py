"""What is wrong with data."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal['error', 'warning', 'note']


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        severity (str): ``error``: training or validation stops there or learns nonsense; ``warning``: look at it;
            ``note``: may well be meant.
        kind (str): In a word or two, e.g. ``image``, ``label``, ``size``, ``missing``.
        split (str): Where.
        message (str): What, with the file, and what to do.
    """

    severity: Severity
    kind: str
    split: str
    message: str
