"""Print a whole config with MMSegmentation's own print_config.py, whose arguments these are."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmuda.compat import run_stock_tool  # noqa: E402

if __name__ == '__main__':
    run_stock_tool('misc/print_config.py')
