"""Turn a released student of ensemble distillation into a checkpoint of ours.

    python tools/model_converters/ensemble_student.py model_57.98.pth pretrained/student_gta.pth

Reads DeepLab-v3+ and DeepLab-v2 on DRN-D-54, ResNet-101 and MobileNetV2, with 19 or 16 classes; which of them a file
holds is seen from its names. Also for the source-only weights from which the published students start. The result is
for ``load_from`` and for testing with the model of that name in ``configs/_base_/models`` (``deeplabv3plus_drn54.py``,
``deeplabv2_mobilenetv2.py``, ...), in a ``UDASegmentor`` or alone.

The names of DeepLab-v3+ on DRN-D-54 are those of recorded weights. Those of the other students follow from the public
code that they are built of, and no released file was at hand to compare with: an entry that is not expected is named
and nothing is written.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmseg.registry import MODELS  # noqa: E402
from torch import Tensor  # noqa: E402

import mmuda  # noqa: E402, F401
from tools.model_converters.common import check_entries, run, strip  # noqa: E402

CONFIGS = Path(__file__).resolve().parents[2] / 'configs' / '_base_' / 'models'
STUDENTS = {  # config of the model: its name
    'deeplabv3plus_drn54': 'DeepLab-v3+ on DRN-D-54',
    'deeplabv3plus_r101': 'DeepLab-v3+ on ResNet-101',
    'deeplabv3plus_mobilenetv2': 'DeepLab-v3+ on MobileNetV2',
    'deeplabv2_drn54': 'DeepLab-v2 on DRN-D-54',
    'deeplabv2_r101_os16': 'DeepLab-v2 on ResNet-101',
    'deeplabv2_mobilenetv2': 'DeepLab-v2 on MobileNetV2',
}
# Our prefix of DeepLab-v3+'s head -> the original's.
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
# DeepLab-v2's classifier, whatever the module is called that holds its branches.
BRANCHES = re.compile(r'(?P<head>(?:.+\.)?conv2d_list\.)\d+\.(?:weight|bias)')
# The original holds the stages of MobileNetV2 twice: as a whole, and cut where the early map is taken.
COPIES = re.compile(r'^backbone\.(?:low|high)_level_features\.')


def mobilenet_names() -> Iterator[tuple[str, str]]:
    """Module of our MobileNetV2 -> module of the original's."""
    yield 'backbone.conv1.conv', 'backbone.features.0.0'
    yield 'backbone.conv1.bn', 'backbone.features.0.1'
    blocks = (1, 2, 3, 4, 3, 3, 1)
    for stage, (count, end) in enumerate(zip(blocks, accumulate(blocks)), 1):
        for block in range(count):
            for k in range(2 if stage == 1 else 3):  # the first block has no widening convolution
                ours = f'backbone.layer{stage}.{block}.conv.{k}'
                theirs = f'backbone.features.{end - count + 1 + block}.conv'
                yield f'{ours}.conv', f'{theirs}.{3 * k}'
                yield f'{ours}.bn', f'{theirs}.{3 * k + 1}'


def name_table(student: str = 'deeplabv3plus_drn54', branches: str = 'layer5.conv2d_list.') -> dict[str, str]:
    """Every name of the original network -> name in an ``EncoderDecoder``.

    Args:
        student (str): One of ``STUDENTS``. Defaults to that of the authors' quick start.
        branches (str): What precedes the number of a branch in the original's DeepLab-v2.
    """
    modules = dict(mobilenet_names()) if student.endswith('mobilenetv2') else {}
    table = {}
    for name in network(19, student):
        module, entry = name.rsplit('.', 1)
        if module.startswith('backbone.'):
            module = modules.get(module, module)
        elif student.startswith('deeplabv2'):
            module = module.replace('decode_head.branches.', branches)
        else:
            module = HEAD[module.removeprefix('decode_head.')]
        table[f'{module}.{entry}'] = name
    return table


def network(num_classes: int, student: str = 'deeplabv3plus_drn54') -> dict[str, Tensor]:
    """Names and shapes of a student.

    Args:
        num_classes (int): Of its classifier.
        student (str): One of ``STUDENTS``. Defaults to that of the authors' quick start.
    """
    init_default_scope('mmseg')
    segmentor = Config.fromfile(CONFIGS / f'{student}.py').model.segmentor
    segmentor.decode_head.num_classes = num_classes
    with torch.device('meta'):
        return MODELS.build(segmentor).state_dict()


def convert(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the entries of a checkpoint.

    Args:
        state (Mapping[str, Tensor]): The original's state dict, with or without ``module.`` in front. The number
            of classes is that of its classifier.

    Returns:
        dict[str, Tensor]: State dict of an ``EncoderDecoder``.

    Raises:
        ValueError: If an entry is unknown, missing or of another shape, or a copy differs; the message names it.
    """
    state = _without_copies(strip(state, 'module.'))
    branches = next((found['head'] for found in map(BRANCHES.fullmatch, state) if found), None)
    if any(name.startswith('backbone.features.') for name in state):
        backbone = 'mobilenetv2'
    else:
        backbone = 'r101' if 'backbone.conv1.weight' in state else 'drn54'
    head = 'deeplabv3plus' if branches is None else 'deeplabv2'
    student = next(name for name in STUDENTS if name.startswith(f'{head}_{backbone}'))
    table = name_table(student, branches or '')
    classifier = state.get(CLASSIFIER if branches is None else f'{branches}0.weight')
    ours = network(len(classifier) if classifier is not None and classifier.ndim else 19, student)
    check_entries(state, {old: ours[new] for old, new in table.items()}, f'the student {STUDENTS[student]}')
    return {table[name]: value for name, value in state.items()}


def _without_copies(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    merged: dict[str, Tensor] = {}
    for name, value in state.items():
        whole = COPIES.sub('backbone.features.', name)
        if not torch.equal(merged.setdefault(whole, value), value):
            raise ValueError(f'this is no checkpoint of a student: {name} differs from its copy {whole}')
    return merged


if __name__ == '__main__':
    run(convert, __doc__)
