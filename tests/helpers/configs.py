"""What mmengine does slowly with configs, done faster in the processes of the tests."""

import copy
import os
from pathlib import Path
from typing import Any

from mmengine.config import Config

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
FORMATTED_TEXT = Config.pretty_text
"""mmengine's own, for the tests that are about it."""


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


def write_plain_texts() -> None:
    """Let mmengine write configs as they come; yapf takes longer than a tiny run.

    Not so in the processes of tools, which are as they are outside of the tests.
    """

    def text(cfg: Config) -> str:
        return '\n'.join(f'{key} = {value!r}' for key, value in cfg.to_dict().items())

    Config.pretty_text = property(text)
