"""Turn a released checkpoint of CTRL into one of ours.

    python tools/model_converters/ctrl.py ctrl.pth pretrained/ctrl_synthia.pth

The result is for ``load_from`` and for testing with a ``DeepLabResNet`` and a ``CrossTaskHead``, in a
``UDASegmentor`` or alone.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.model_converters.advent_family import CTRL  # noqa: E402
from tools.model_converters.common import run  # noqa: E402

if __name__ == '__main__':
    run(CTRL.convert, __doc__)
