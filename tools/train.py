"""Train with MMSegmentation's own tools/train.py, whose arguments these are."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmuda.compat import run_stock_tool  # noqa: E402

if __name__ == '__main__':
    run_stock_tool('train.py')
