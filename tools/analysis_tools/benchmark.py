"""Measure the speed of prediction with MMSegmentation's own benchmark.py, whose arguments these are.

    python tools/analysis_tools/benchmark.py CONFIG CHECKPOINT --work-dir speed

The stock tool measures 200 images of the test data and prints NaN where there are fewer; here these come again.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmuda.compat import load_stock_tool  # noqa: E402

# isort: split
from mmengine.runner import Runner  # noqa: E402


class Endless:
    """The batches of a loader, again and again.

    Args:
        batches (Iterable): What can be iterated any number of times.
    """

    def __init__(self, batches: Iterable) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Any]:
        while True:
            yield from self.batches


def main() -> None:
    stock = load_stock_tool('analysis_tools/benchmark.py')
    args = stock.parse_args()
    if not Path(args.checkpoint).is_file():
        print(f'benchmark: there is no checkpoint {args.checkpoint}: random weights are measured', file=sys.stderr)
    build = Runner.build_dataloader
    with mock.patch.object(Runner, 'build_dataloader', lambda *given, **named: Endless(build(*given, **named))):
        stock.main()


if __name__ == '__main__':
    main()
