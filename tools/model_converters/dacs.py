"""Turn a released checkpoint of DACS into one of ours.

    python tools/model_converters/dacs.py dacs_gta.pth pretrained/dacs_gta.pth

The result is for ``load_from`` and for testing with a ``DeepLabResNet`` and a ``DeepLabV2Head(branches=2)``, in a
``UDASegmentor`` or alone. A file that holds student and teacher gives the student (``model``).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.model_converters.common import run  # noqa: E402
from tools.model_converters.deeplabv2 import convert  # noqa: E402

if __name__ == '__main__':
    run(convert, __doc__)
