"""Turn the released DeepLab-v3+ student of ensemble distillation (DRN-D-54) into a checkpoint of ours.

    python tools/model_converters/ensemble_student.py model_57.98.pth pretrained/student_gta.pth

Also for the source-only weights from which the published students start. The result is for ``load_from`` and for
testing with the model of ``configs/_base_/models/deeplabv3plus_drn54.py``, in a ``UDASegmentor`` or alone.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from mmuda.models.backbones import DRN  # noqa: E402
from mmuda.models.decode_heads import DeepLabV3PlusHead  # noqa: E402
from tools.model_converters.common import check_entries, run, strip  # noqa: E402

# Our prefix -> the original's.
HEAD = {
    **{f'branches.{k}.0': f'aspp.aspp{k + 1}.atrous_conv' for k in range(4)},
    **{f'branches.{k}.1': f'aspp.aspp{k + 1}.bn' for k in range(4)},
    'image_pool.1': 'aspp.global_avg_pool.1',
    'image_pool.2': 'aspp.global_avg_pool.2',
    'bottleneck.0': 'aspp.conv1',
    'bottleneck.1': 'aspp.bn1',
    'low_level.0': 'decoder.conv1',
    'low_level.1': 'decoder.bn1',
    **{f'decoder.{k}': f'decoder.last_conv.{k}' for k in (0, 1, 4, 5)},
    'conv_seg': 'decoder.last_conv.8',
}
CLASSIFIER = 'decoder.last_conv.8.weight'


def name_table() -> dict[str, str]:
    """Every name of the original network -> name in an ``EncoderDecoder``."""
    table = {}
    for name in network(19):
        part, entry = name.removeprefix('decode_head.').rsplit('.', 1)
        table[name if name.startswith('backbone.') else f'{HEAD[part]}.{entry}'] = name
    return table


def network(num_classes: int) -> dict[str, Tensor]:
    """Names and shapes of the student."""
    init_default_scope('mmseg')
    with torch.device('meta'):
        return nn.ModuleDict(dict(backbone=DRN(), decode_head=DeepLabV3PlusHead(num_classes=num_classes))).state_dict()


def convert(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the entries of a checkpoint.

    Args:
        state (Mapping[str, Tensor]): The original's state dict, with or without ``module.`` in front. The number
            of classes is that of its classifier.

    Returns:
        dict[str, Tensor]: State dict of an ``EncoderDecoder``.

    Raises:
        ValueError: If an entry is unknown, missing or of another shape; the message names it.
    """
    state, table = strip(state, 'module.'), name_table()
    ours = network(len(state[CLASSIFIER]) if CLASSIFIER in state and state[CLASSIFIER].ndim else 19)
    check_entries(state, {old: ours[new] for old, new in table.items()}, 'the DeepLab-v3+ student with DRN-D-54')
    return {table[name]: value for name, value in state.items()}


if __name__ == '__main__':
    run(convert, __doc__)
