"""Turn the released checkpoints of layumi/Seg-Uncertainty into ours, and back.

    python tools/model_converters/seg_uncertainty.py GTA5_25000.pth mrnet_gta.pth
    python tools/model_converters/seg_uncertainty.py work_dirs/x/iter_25000.pth GTA5_25000.pth --reverse
    python tools/model_converters/seg_uncertainty.py DeepLab_resnet_pretrained_init-f81d91e8.pth init.pth

The first makes a checkpoint of a ``UDASegmentor`` whose student has a ``DeepLabResNet`` and a
``DualClassifierHead``. The third, recognized by its names (``Scale.conv1.weight``, ...), makes a checkpoint
of the backbone alone, for ``init_cfg=dict(type='Pretrained', checkpoint='init.pth')``.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from torch import Tensor  # noqa: E402

from tools.model_converters import common  # noqa: E402
from tools.model_converters.common import check_names, strip  # noqa: E402

BLOCKS = (3, 4, 23, 3)
NORM = ('weight', 'bias')
STATISTICS = ('running_mean', 'running_var', 'num_batches_tracked')
INIT_PREFIX = 'Scale.'


def backbone_names() -> Iterator[str]:
    """Names of the ResNet-101's entries, the same here and there."""
    yield 'conv1.weight'
    yield from (f'bn1.{entry}' for entry in NORM + STATISTICS)
    for stage, blocks in enumerate(BLOCKS, 1):
        for block in range(blocks):
            prefix = f'layer{stage}.{block}'
            for k in (1, 2, 3):
                yield f'{prefix}.conv{k}.weight'
                yield from (f'{prefix}.bn{k}.{entry}' for entry in NORM + STATISTICS)
            if block == 0:
                yield f'{prefix}.downsample.0.weight'
                yield from (f'{prefix}.downsample.1.{entry}' for entry in NORM + STATISTICS)


def name_table(use_se: bool, batch_norm: bool) -> dict[str, str]:
    """Every name of the original network -> name in a ``UDASegmentor``.

    Args:
        use_se (bool): Whether the heads have channel attention, which moves the later
            entries of their bottleneck by one.
        batch_norm (bool): Whether the heads' norms keep running statistics.
    """
    table = {name: f'student.backbone.{name}' for name in backbone_names()}
    norm = NORM + STATISTICS if batch_norm else NORM
    for old, new in (('layer5', 'aux_classifier'), ('layer6', 'main_classifier')):
        new = f'student.decode_head.{new}'
        for branch in range(5):
            pair = f'{old}.conv2d_list.{branch}', f'{new}.branches.{branch}'
            table.update({f'{pair[0]}.0.{entry}': f'{pair[1]}.0.{entry}' for entry in ('weight', 'bias')})
            table.update({f'{pair[0]}.1.{entry}': f'{pair[1]}.1.{entry}' for entry in norm})
        for entry in ('weight', 'bias') if use_se else ():
            table[f'{old}.bottleneck.0.se.0.{entry}'] = f'{new}.attention.squeeze.{entry}'
            table[f'{old}.bottleneck.0.se.2.{entry}'] = f'{new}.attention.excite.{entry}'
        for entry in ('weight', 'bias'):
            table[f'{old}.bottleneck.{0 + use_se}.{entry}'] = f'{new}.bottleneck.0.{entry}'
        for entry in norm:
            table[f'{old}.bottleneck.{1 + use_se}.{entry}'] = f'{new}.bottleneck.1.{entry}'
        table[f'{old}.head.1.weight'] = f'{new}.conv_seg.weight'
    return table


def convert(state: Mapping[str, Tensor], reverse: bool = False) -> dict[str, Tensor]:
    """Rename the entries of a checkpoint.

    Args:
        state (Mapping[str, Tensor]): The original's state dict, with or without ``module.``
            in front, or the DeepLab initialization (``Scale.*``). With ``reverse``, the state dict
            of a ``UDASegmentor`` or of its student alone.
        reverse (bool): From our names to the original's. Defaults to False.

    Returns:
        dict[str, Tensor]: The same tensors under the other names. The DeepLab initialization becomes
        the state dict of a backbone; its classifiers are dropped, as in the original.

    Raises:
        ValueError: If an entry is unknown or missing; the message names it.
    """
    if reverse:
        state = _student_entries(state)
        table = name_table(
            any('.attention.' in name for name in state),
            'student.decode_head.aux_classifier.bottleneck.1.running_mean' in state,
        )
        return _rename(state, {new: old for old, new in table.items()})
    state = strip(state, 'module.')
    if state and all(name.startswith(INIT_PREFIX) for name in state):
        state = {
            name: value
            for name, value in strip(state, INIT_PREFIX).items()
            if name.split('.')[0] not in ('fc', 'layer5')
        }
        return _rename(state, {name: name for name in backbone_names()})
    table = name_table(any('.se.' in name for name in state), 'layer5.conv2d_list.0.1.running_mean' in state)
    return _rename(state, table)


def _student_entries(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    state = strip(state, 'module.')
    if not any(name.startswith('student.') for name in state):
        state = {f'student.{name}': value for name, value in state.items()}
    # Other entries belong to the training (objectives with a state), not to the network.
    return {name: value for name, value in state.items() if name.startswith('student.')}


def _rename(state: Mapping[str, Tensor], table: Mapping[str, str]) -> dict[str, Tensor]:
    check_names(state, table, 'the two-classifier DeepLab network')
    return {table[name]: value for name, value in state.items()}


def convert_file(source: str | os.PathLike, target: str | os.PathLike, reverse: bool = False) -> Path:
    """Convert a checkpoint file; the result appears whole or not at all.

    Raises:
        FileNotFoundError: If ``source`` does not exist.
        ValueError: If it does not hold the network (see :func:`convert`).
    """
    return common.convert_file(source, target, partial(convert, reverse=reverse), bare=reverse)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', help='checkpoint to read')
    parser.add_argument('target', help='checkpoint to write')
    parser.add_argument('--reverse', action='store_true', help='from ours to the original')
    args = parser.parse_args()
    try:
        print(convert_file(args.source, args.target, args.reverse))
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: unreadable or unsafe
        sys.exit(f'seg_uncertainty: {error}')


if __name__ == '__main__':
    main()
