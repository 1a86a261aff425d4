"""Turn a released checkpoint of DADA into one of ours.

    python tools/model_converters/dada.py dada.pth pretrained/dada_synthia.pth

The result is for ``load_from`` and for testing with a ``DeepLabResNet`` and a ``DepthFusionHead``, in a
``UDASegmentor`` or alone.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.model_converters.advent_family import DADA  # noqa: E402
from tools.model_converters.common import run  # noqa: E402

if __name__ == '__main__':
    run(DADA.convert, __doc__)
