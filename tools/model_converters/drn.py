"""Turn the released ImageNet weights of DRN-D-22, -38 and -54 into a checkpoint of our backbone.

    python tools/model_converters/drn.py drn_d_54-0e0534ff.pth pretrained/drn_d_54.pth

The classifier (``fc``) is left out. The result is for ``init_cfg=dict(type='Pretrained', checkpoint=...)`` of
``DRN``; names are the same here and there.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from mmuda.models.backbones import DRN  # noqa: E402
from mmuda.models.backbones.drn import DEPTHS  # noqa: E402
from tools.model_converters.common import check_entries, run, strip  # noqa: E402


def convert(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take the backbone out of a checkpoint.

    Args:
        state (Mapping[str, Tensor]): The original's state dict, with or without ``module.`` in front. The depth
            is read from its names.

    Returns:
        dict[str, Tensor]: State dict of a :class:`DRN`.

    Raises:
        ValueError: If an entry is unknown, missing or of another shape; the message names it.
    """
    state = {name: value for name, value in strip(state, 'module.').items() if name.split('.')[0] != 'fc'}
    with torch.device('meta'):
        networks = [DRN(depth=depth).state_dict() for depth in DEPTHS]
    nearest = min(networks, key=lambda network: len(network.keys() ^ state.keys()))
    check_entries(state, nearest, 'a DRN-D')
    return state


if __name__ == '__main__':
    run(convert, __doc__)
