"""Turn a released checkpoint of CRST (source model, CBST, MRKLD or LRENT) into one of ours.

    python tools/model_converters/crst.py gta_mrkld.pth pretrained/crst_mrkld_gta.pth

The result is for ``load_from`` and for testing with a ``DeepLabResNet`` and a ``DeepLabV2Head``, all four branches of
which are summed, in a ``UDASegmentor`` or alone.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.model_converters.common import run  # noqa: E402
from tools.model_converters.deeplabv2 import convert  # noqa: E402

if __name__ == '__main__':
    run(convert, __doc__)
