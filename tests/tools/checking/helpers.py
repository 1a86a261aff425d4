"""The tool as a module, what a run of it has found, and broken files."""

import importlib.util
from pathlib import Path
from typing import Any, NamedTuple

from tests.helpers.tiny import REPO

spec = importlib.util.spec_from_file_location('check_data', REPO / 'tools' / 'check_data.py')
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)

CITY = 'cityscapes/leftImg8bit'


class Checked(NamedTuple):
    code: int
    found: dict[str, Any]
    output: str

    def messages(self, severity: str, kind: str, split: str) -> list[str]:
        wanted = dict(severity=severity, kind=kind, split=split)
        return [finding['message'] for finding in self.found['findings'] if wanted.items() <= finding.items()]


def first(folder: Path, ending: str = '.png') -> Path:
    return min(path for path in folder.rglob(f'*{ending}'))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])
