"""Turn a released checkpoint of Depth Distribution into one of ours.

    python tools/model_converters/depth_distribution.py model.pth pretrained/depth_distribution.pth

The result is for ``load_from`` and for testing with a ``DeepLabResNet`` and a ``DensityHead``, in a
``UDASegmentor`` or alone.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.model_converters.advent_family import DEPTH_DISTRIBUTION  # noqa: E402
from tools.model_converters.common import run  # noqa: E402

if __name__ == '__main__':
    run(DEPTH_DISTRIBUTION.convert, __doc__)
