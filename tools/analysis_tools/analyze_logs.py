"""Plot curves of training logs with MMSegmentation's own analyze_logs.py, whose arguments these are.

    python tools/analysis_tools/analyze_logs.py WORK_DIR/TIME/vis_data/scalars.json --keys loss mIoU --out curves.png

A key is the name of a loss as the log shows it, ``source.loss_main`` for example. Stock mmseg draws an empty plot for a
key that does not occur; here that is an error.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmuda.compat import load_stock_tool  # noqa: E402


def keys_of(path: str) -> list[str]:
    """Names of the values in a log.

    Raises:
        ValueError: If the file is no log.
    """
    found: dict[str, None] = {}  # in their order
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        try:
            found.update(dict.fromkeys(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise ValueError(
                f'{path}, line {number} is no entry of a log ({error}): expected a scalars.json, as '
                'training writes into <work dir>/<time>/vis_data; delete a last line that was cut off'
            ) from error
    return list(found)


def check_logs(paths: Sequence[str], keys: Sequence[str]) -> None:
    """Check that all logs hold all keys.

    Raises:
        ValueError: If one does not.
    """
    for path in paths:
        if not path.endswith('.json'):
            raise ValueError(f'{path}: expected a scalars.json, as training writes into <work dir>/<time>/vis_data')
        found = keys_of(path)
        missing = [key for key in keys if key not in found]
        if missing:
            raise ValueError(f'{path} has no {", ".join(missing)}. It has: {", ".join(found)}')


def main() -> None:
    stock = load_stock_tool('analysis_tools/analyze_logs.py')
    args = stock.parse_args()
    try:
        check_logs(args.json_logs, args.keys)
    except (ValueError, OSError) as error:
        sys.exit(f'analyze_logs: {error}')
    stock.main()


if __name__ == '__main__':
    main()
