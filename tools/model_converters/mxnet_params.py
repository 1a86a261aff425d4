"""Turn the released MXNet weights of CBST (ResNet-38, model A1) into ours, without MXNet.

    python tools/model_converters/mxnet_params.py gta_rna-a1_cls19_s8_ep-0000.params resnet38_gta.pth
    python tools/model_converters/mxnet_params.py ilsvrc-cls_rna-a1_cls1000_ep-0001.params init.pth --backbone-only

The first makes a checkpoint of an ``EncoderDecoder`` (or the student of a ``UDASegmentor``) with a ``ResNet38``
and a ``ResNet38Head``. The second leaves the classifiers out, for
``init_cfg=dict(type='Pretrained', checkpoint='init.pth', prefix='backbone.')``.
"""

import argparse
import math
import os
import re
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from mmuda.models.backbones import ResNet38  # noqa: E402
from mmuda.models.decode_heads import ResNet38Head  # noqa: E402
from tools.model_converters.common import check_names, save  # noqa: E402

LIST_MAGIC = 0x112
ARRAY_V1, ARRAY_V2, ARRAY_V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
MAX_DIMENSIONS = 32
DENSE = 0
DTYPES = dict(enumerate(('<f4', '<f8', '<f2', 'u1', '<i4', 'i1', '<i8')))

NORM = dict(weight='gamma', bias='beta', running_mean='moving_mean', running_var='moving_var')
STEM_AND_HEAD = {'backbone.conv1a': 'conv1a', 'backbone.norm7': 'bn7', 'decode_head.conv6a': 'conv6a'}
CLASSIFIER = re.compile(r'(conv6a|linear\d+)_(weight|bias)')


class ParamsFile:
    """Reader of MXNet's format for a list of named arrays (``mx.nd.save``), all values little-endian.

    A file is: the list magic (uint64), a reserved uint64, the number of arrays (uint64) and the arrays, the number
    of names (uint64) and the names (each a uint64 length and bytes). An array is: its magic (uint32); from version 2
    on the kind of storage (int32); the shape (uint32 rank, int64 sides); device type and number (two int32); the type
    of its elements (int32); its elements. Before version 1 the shape replaced the magic number, with uint32
    sides.

    Args:
        path (Path): The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = memoryview(path.read_bytes())
        self.position = 0

    def read(self) -> dict[str, np.ndarray]:
        """Return all arrays by name, without ``arg:`` and ``aux:``.

        Raises:
            ValueError: If the file is of another format, truncated, longer than its content, or holds what is no dense
                array.
        """
        if len(self.data) < 8 or self.number('Q', 'the magic number') != LIST_MAGIC:
            raise ValueError(f'{self.path} is no file of MXNet parameters: it does not start with 0x{LIST_MAGIC:x}')
        self.number('Q', 'the header')
        arrays = [self.array(k) for k in range(self.number('Q', 'the number of arrays'))]
        count = self.number('Q', 'the number of names')
        if count != len(arrays):
            raise ValueError(f'{self.path} has {len(arrays)} arrays and {count} names: it holds no named parameters')
        named: dict[str, np.ndarray] = {}
        for k, array in enumerate(arrays):
            name = bytes(self.take(self.number('Q', f'the length of name {k}'), f'name {k}')).decode(errors='replace')
            name = name.removeprefix('arg:').removeprefix('aux:')
            if name in named:
                raise ValueError(f'{self.path} holds {name} twice')
            named[name] = array
        if self.position != len(self.data):
            raise ValueError(f'{self.path}: {len(self.data) - self.position} bytes follow the last name')
        return named

    def array(self, index: int) -> np.ndarray:
        """Return the array at the current position."""
        what = f'array {index}'
        magic = self.number('I', what)
        if magic in (ARRAY_V2, ARRAY_V3):
            storage = self.number('i', what)
            if storage != DENSE:
                raise ValueError(f'{self.path}: {what} is sparse (storage type {storage}), only dense ones are read')
        old = magic not in (ARRAY_V1, ARRAY_V2, ARRAY_V3)
        rank = magic if old else self.number('i', what)
        # Version 3 counts scalars as arrays; before, rank 0 meant that there is none.
        if not (0 if magic == ARRAY_V3 else 1) <= rank <= MAX_DIMENSIONS:
            raise ValueError(f'{self.path}: {what} has rank {rank}: it is empty, or the file is damaged')
        shape = struct.unpack(f'<{rank}{"I" if old else "q"}', self.take(rank * (4 if old else 8), what))
        self.take(8, what)  # the device
        kind = self.number('i', what)
        if kind not in DTYPES or min(shape, default=0) < 0:
            raise ValueError(
                f'{self.path}: {what} has shape {shape} and elements of type {kind}, expected a type from '
                f'0 to {len(DTYPES) - 1}'
            )
        dtype = np.dtype(DTYPES[kind])
        return np.frombuffer(self.take(math.prod(shape) * dtype.itemsize, what), dtype).reshape(shape)

    def number(self, kind: str, what: str) -> int:
        """Return the next number; ``kind`` is a format character of :mod:`struct`."""
        return struct.unpack(f'<{kind}', self.take(struct.calcsize(f'<{kind}'), what))[0]

    def take(self, size: int, what: str) -> memoryview:
        """Return the next ``size`` bytes."""
        end = self.position + size
        if end > len(self.data):
            raise ValueError(f'{self.path} is truncated: {what} ends at byte {end}, the file has {len(self.data)}')
        data = self.data[self.position : end]
        self.position = end
        return data


def original_name(name: str, num_classes: int) -> str:
    """The original's name of an entry of our network (without batch counters)."""
    owner, entry = name.rsplit('.', 1)
    place = re.fullmatch(r'backbone\.level(\d)\.(\d+)\.(?:(norms|convs)\.(\d)|shortcut)', owner)
    if place:
        level, block, kind, k = place.groups()
        unit = f'{level}a' if block == '0' else f'{level}b{block}'
        branch = 'branch1' if kind is None else 'branch2a' if k == '0' else f'branch2b{k}'
        owner = f'{"bn" if kind == "norms" else "res"}{unit}_{branch}'
    else:
        owner = {**STEM_AND_HEAD, 'decode_head.conv_seg': f'linear{num_classes}'}[owner]
    return f'{owner}_{NORM[entry] if owner.startswith("bn") else entry}'


def network(base_channels: int = 64, channels: int = 512, num_classes: int = 19) -> nn.ModuleDict:
    """Our network, without storage for its weights."""
    with torch.device('meta'):
        backbone = ResNet38(base_channels=base_channels)
        init_default_scope('mmseg')  # of the head's loss
        head = ResNet38Head(in_channels=64 * base_channels, channels=channels, num_classes=num_classes)
    return nn.ModuleDict(dict(backbone=backbone, decode_head=head))


def name_table(num_classes: int = 19) -> dict[str, str]:
    """Every name of the original network -> name in an ``EncoderDecoder``."""
    names = network(base_channels=1, channels=1, num_classes=num_classes).state_dict()
    return {original_name(name, num_classes): name for name in names if not name.endswith('num_batches_tracked')}


def convert(arrays: Mapping[str, np.ndarray], backbone_only: bool = False) -> dict[str, Tensor]:
    """Rename the arrays of a file and turn them into float32 tensors.

    Args:
        arrays (Mapping[str, np.ndarray]): By the original's names, see :class:`ParamsFile`.
        backbone_only (bool): Leave ``conv6a`` and ``linear<classes>`` out. Defaults to False.

    Returns:
        dict[str, Tensor]: State dict of an ``EncoderDecoder``, or its ``backbone.*`` part.

    Raises:
        ValueError: If an entry is unknown, missing, of another shape or not of floating point; the message names it.
    """
    if backbone_only:
        arrays = {name: array for name, array in arrays.items() if not CLASSIFIER.fullmatch(name)}
    classes = [
        int(name.removeprefix('linear').removesuffix('_weight'))
        for name in arrays
        if re.fullmatch(r'linear\d+_weight', name)
    ]
    table = name_table(classes[0] if classes else 19)
    if backbone_only:
        table = {old: new for old, new in table.items() if new.startswith('backbone.')}
    check_names(arrays, table, 'ResNet-38 A1')
    sizes: dict[str, Any] = dict(base_channels=len(arrays['conv1a_weight']))
    if not backbone_only:
        sizes.update(channels=len(arrays['conv6a_weight']), num_classes=classes[0])
    shapes = {name: tuple(value.shape) for name, value in network(**sizes).state_dict().items()}
    for old, new in table.items():
        array = arrays[old]
        if array.dtype.kind != 'f':
            raise ValueError(f'{old} is of type {array.dtype}, weights are of floating point')
        if array.shape != shapes[new]:
            raise ValueError(f'{old} has shape {array.shape}, expected {shapes[new]}')
    return {new: torch.from_numpy(arrays[old].astype(np.float32)) for old, new in table.items()}


def convert_file(source: str | os.PathLike, target: str | os.PathLike, backbone_only: bool = False) -> Path:
    """Convert a file; the result appears whole or not at all.

    Raises:
        FileNotFoundError: If ``source`` does not exist.
        ValueError: If it does not hold the network (see :class:`ParamsFile` and :func:`convert`).
    """
    source, target = Path(source), Path(target)
    if not source.is_file():
        raise FileNotFoundError(f'there is no file {source}')
    arrays = ParamsFile(source).read()
    try:
        state = convert(arrays, backbone_only)
    except ValueError as error:
        raise ValueError(f'{source}: {error}') from error
    return save(dict(state_dict=state, meta={}), target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', help='.params file to read')
    parser.add_argument('target', help='checkpoint to write')
    parser.add_argument('--backbone-only', action='store_true', help='leave the classifiers out')
    args = parser.parse_args()
    try:
        print(convert_file(args.source, args.target, args.backbone_only))
    except (OSError, ValueError) as error:
        sys.exit(f'mxnet_params: {error}')


if __name__ == '__main__':
    main()
