"""Turn a released checkpoint of ADVENT into one of ours.

    python tools/model_converters/advent.py gta2cityscapes_advent.pth pretrained/advent_gta.pth

The result is for ``load_from`` and for testing with a ``DeepLabResNet`` and an ``AdventHead`` of one classifier or
two, in a ``UDASegmentor`` or alone.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.model_converters.advent_family import convert_advent  # noqa: E402
from tools.model_converters.common import run  # noqa: E402

if __name__ == '__main__':
    run(convert_advent, __doc__)
