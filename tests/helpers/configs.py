"""Shipped configs are read from their files once per process."""

import copy
import os
from pathlib import Path
from typing import Any

from mmengine.config import Config

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


def parse_shipped_files_once() -> None:
    """Let mmengine parse each file below ``configs/`` of the repository once; it does so for every config made of it.

    What others get are copies. Files elsewhere, which tests write, are parsed every time.
    """
    parse, parsed = Config._file2dict, {}

    def copy_of_parsed(filename: str | Path, *args: Any, **kwargs: Any) -> tuple[dict, str, dict]:
        path = Path(os.path.abspath(filename))
        if CONFIGS not in path.parents:
            return parse(filename, *args, **kwargs)
        key = (path, args, *sorted(kwargs.items()))
        if key not in parsed:
            parsed[key] = parse(str(path), *args, **kwargs)
        return copy.deepcopy(parsed[key])

    Config._file2dict = staticmethod(copy_of_parsed)
