"""Test with MMSegmentation's own tools/test.py, whose arguments these are."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmuda.compat import run_stock_tool  # noqa: E402

NO_TTA = (
    '--tta: the config has no {key}. In a config of your own '
    'add `resize` and `tta_pipeline` from configs/_base_/datasets/toy_129x257.py, with your scales, and tta_model = '
    "dict(type='SegTTAModel') where configs/_base_/default_runtime.py is no base."
)

if __name__ == '__main__':
    try:
        run_stock_tool('test.py')
    except AttributeError as error:  # of the Config, by the stock tool
        missing = next((key for key in ('tta_pipeline', 'tta_model') if f"no attribute '{key}'" in str(error)), None)
        if missing is None:
            raise
        sys.exit(NO_TTA.format(key=missing))
