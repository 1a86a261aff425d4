"""Files in MXNet's format, written here from its description."""

import importlib.util
import struct
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from tests.helpers.tiny import REPO, run_tool

FILE = REPO / 'tools' / 'model_converters' / 'mxnet_params.py'
spec = importlib.util.spec_from_file_location('mxnet_params', FILE)
converter = importlib.util.module_from_spec(spec)
spec.loader.exec_module(converter)

SIZES = dict(base_channels=1, channels=2, num_classes=3)
MAGICS = dict(v1=0xF993FAC8, v2=0xF993FAC9, v3=0xF993FACA)
TYPES = {'float32': 0, 'float64': 1, 'float16': 2, 'uint8': 3, 'int32': 4, 'int8': 5, 'int64': 6}


def array_bytes(array: np.ndarray, version: str = 'v2', storage: int = 0, kind: int | None = None) -> bytes:
    head = b'' if version == 'v0' else struct.pack('<I', MAGICS[version])
    if version in ('v2', 'v3'):
        head += struct.pack('<i', storage)
    sides = 'I' if version == 'v0' else 'q'
    head += struct.pack(f'<I{array.ndim}{sides}', array.ndim, *array.shape)
    head += struct.pack('<ii', 2, 1)  # written on the second GPU
    kind = TYPES[array.dtype.name] if kind is None else kind
    return head + struct.pack('<i', kind) + np.ascontiguousarray(array).tobytes()


def file_bytes(arrays: Mapping[str, bytes | np.ndarray], version: str = 'v2') -> bytes:
    out = struct.pack('<QQQ', 0x112, 0, len(arrays))
    out += b''.join(value if isinstance(value, bytes) else array_bytes(value, version) for value in arrays.values())
    out += struct.pack('<Q', len(arrays))
    return out + b''.join(struct.pack('<Q', len(name)) + name.encode() for name in arrays)


def write(path: Path, arrays: Mapping[str, bytes | np.ndarray], version: str = 'v2') -> Path:
    path.write_bytes(file_bytes(arrays, version))
    return path


def read(path: Path) -> dict[str, np.ndarray]:
    return converter.ParamsFile(path).read()


def weights(**options) -> dict[str, np.ndarray]:
    """Weights of a narrow network under the original's names."""
    sizes = {**SIZES, **options}
    rng = np.random.default_rng(0)
    shapes = converter.network(**sizes).state_dict()
    return {
        old: rng.standard_normal(shapes[new].shape).astype(np.float32)
        for old, new in converter.name_table(sizes['num_classes']).items()
    }


def prefixed(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {('aux:' if '_moving_' in name else 'arg:') + name: array for name, array in arrays.items()}


def segmentor() -> torch.nn.Module:
    init_default_scope('mmseg')
    return MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=dict(type='ResNet38', base_channels=SIZES['base_channels']),
            decode_head=dict(
                type='ResNet38Head',
                in_channels=64 * SIZES['base_channels'],
                channels=SIZES['channels'],
                num_classes=SIZES['num_classes'],
            ),
        )
    )


class TestFormat:
    @pytest.mark.parametrize('version', ['v0', 'v1', 'v2', 'v3'])
    @pytest.mark.parametrize('dtype', TYPES)
    def test_arrays_of_every_version_and_type_are_read(self, tmp_path, version, dtype):
        arrays = {'a': np.arange(6).reshape(2, 3).astype(dtype), 'b': np.arange(4).astype(dtype)}
        got = read(write(tmp_path / 'x.params', arrays, version))
        assert list(got) == ['a', 'b']
        for name, array in arrays.items():
            assert got[name].dtype == array.dtype and np.array_equal(got[name], array)

    def test_prefixes_are_left_out(self, tmp_path):
        arrays = {'arg:a': np.ones(1, np.float32), 'aux:b': np.ones(1, np.float32)}
        assert list(read(write(tmp_path / 'x.params', arrays))) == ['a', 'b']

    def test_scalars_of_version_3(self, tmp_path):
        assert read(write(tmp_path / 'x.params', dict(a=np.array(2.0, np.float32)), 'v3'))['a'] == 2

    def test_every_truncation_is_refused(self, tmp_path):
        data = file_bytes(dict(weight=np.ones((2, 2), np.float32), bias=np.ones(2, np.float32)))
        for size in range(8, len(data)):
            (tmp_path / 'x.params').write_bytes(data[:size])
            with pytest.raises(ValueError, match='x.params is truncated'):
                read(tmp_path / 'x.params')

    @pytest.mark.parametrize('data', [b'', b'PK\x03\x04', b'PK\x03\x04' + bytes(100), bytes(100)])
    def test_foreign_files_are_refused(self, tmp_path, data):
        (tmp_path / 'x.params').write_bytes(data)
        with pytest.raises(ValueError, match='x.params is no file of MXNet parameters'):
            read(tmp_path / 'x.params')

    def test_bytes_after_the_end_are_refused(self, tmp_path):
        (tmp_path / 'x.params').write_bytes(file_bytes(dict(a=np.ones(1, np.float32))) + b'abc')
        with pytest.raises(ValueError, match='3 bytes follow'):
            read(tmp_path / 'x.params')

    @pytest.mark.parametrize(
        'array, message',
        [
            (array_bytes(np.ones(1, np.float32), storage=1), 'array 0 is sparse'),
            (array_bytes(np.ones(1, np.float32), kind=12), 'elements of type 12'),
            (array_bytes(np.ones((), np.float32)), 'array 0 has rank 0'),
            (struct.pack('<I', 1000), 'array 0 has rank 1000'),
            (struct.pack('<Iiiq', MAGICS['v2'], 0, 1, -1) + struct.pack('<iii', 1, 0, 0), r'array 0 has shape \(-1,\)'),
        ],
    )
    def test_what_is_no_dense_array_is_refused(self, tmp_path, array, message):
        with pytest.raises(ValueError, match=message):
            read(write(tmp_path / 'x.params', dict(a=array)))

    def test_a_name_twice_is_refused(self, tmp_path):
        arrays = {'arg:a': np.ones(1, np.float32), 'aux:a': np.ones(1, np.float32)}
        with pytest.raises(ValueError, match='x.params holds a twice'):
            read(write(tmp_path / 'x.params', arrays))

    def test_arrays_without_names_are_refused(self, tmp_path):
        data = struct.pack('<QQQ', 0x112, 0, 1) + array_bytes(np.ones(1, np.float32)) + struct.pack('<Q', 0)
        (tmp_path / 'x.params').write_bytes(data)
        with pytest.raises(ValueError, match='1 arrays and 0 names'):
            read(tmp_path / 'x.params')


class TestNames:
    @pytest.mark.parametrize(
        'old, new',
        [
            ('conv1a_weight', 'backbone.conv1a.weight'),
            ('bn2a_branch2a_gamma', 'backbone.level2.0.norms.0.weight'),
            ('res2a_branch1_weight', 'backbone.level2.0.shortcut.weight'),
            ('bn4b5_branch2b1_beta', 'backbone.level4.5.norms.1.bias'),
            ('res6a_branch2b2_weight', 'backbone.level6.0.convs.2.weight'),
            ('bn7a_branch2b2_moving_mean', 'backbone.level7.0.norms.2.running_mean'),
            ('bn7_moving_var', 'backbone.norm7.running_var'),
            ('conv6a_bias', 'decode_head.conv6a.bias'),
            ('linear3_weight', 'decode_head.conv_seg.weight'),
        ],
    )
    def test_where_an_entry_goes(self, old, new):
        arrays = weights()
        assert np.array_equal(converter.convert(arrays)[new], arrays[old])

    @pytest.mark.parametrize('dtype', ['float16', 'float64'])
    def test_other_precisions_become_float32(self, dtype):
        arrays = {name: array.astype(dtype) for name, array in weights().items()}
        state = converter.convert(arrays)
        assert {value.dtype for value in state.values()} == {torch.float32}
        assert np.array_equal(state['backbone.conv1a.weight'], arrays['conv1a_weight'].astype(np.float32))

    def test_integers_are_refused(self):
        with pytest.raises(ValueError, match='conv1a_weight is of type int32'):
            converter.convert({**weights(), 'conv1a_weight': np.ones((1, 3, 3, 3), np.int32)})

    @pytest.mark.parametrize('name', ['fc_weight', 'res4b6_branch2a_weight', 'linear19_bias', 'conv1a_bias'])
    def test_leftovers_are_refused_by_name(self, name):
        with pytest.raises(ValueError, match=f'unknown entries: {name};'):
            converter.convert({**weights(), name: np.ones(1, np.float32)})

    @pytest.mark.parametrize('name', ['conv1a_weight', 'bn7_moving_var', 'conv6a_bias'])
    def test_missing_entries_are_named(self, name):
        arrays = weights()
        del arrays[name]
        with pytest.raises(ValueError, match=f'missing entries: {name}'):
            converter.convert(arrays)

    def test_another_shape_is_refused(self):
        with pytest.raises(ValueError, match=r'bn7_gamma has shape \(3,\), expected \(64,\)'):
            converter.convert({**weights(), 'bn7_gamma': np.ones(3, np.float32)})

    def test_the_backbone_alone_leaves_classifiers_out(self):
        arrays = weights()
        whole = converter.convert(arrays)
        arrays['linear1000_weight'] = np.ones((1000, 64), np.float32)
        arrays = {name: array for name, array in arrays.items() if not name.startswith(('conv6a', 'linear3'))}
        state = converter.convert(arrays, backbone_only=True)
        assert set(state) == {name for name in whole if name.startswith('backbone.')}


class TestFiles:
    def test_the_checkpoint_is_that_of_a_segmentor(self, tmp_path):
        arrays = weights()
        target = converter.convert_file(write(tmp_path / 'x.params', prefixed(arrays)), tmp_path / 'new' / 'x.pth')
        checkpoint = torch.load(target, weights_only=True)
        model = segmentor()
        model.load_state_dict(checkpoint['state_dict'], strict=True)
        assert np.array_equal(model.decode_head.conv_seg.bias.detach(), arrays['linear3_bias'])

    def test_the_backbone_alone_initializes_a_backbone(self, tmp_path):
        arrays = weights()
        target = converter.convert_file(write(tmp_path / 'x.params', prefixed(arrays)), tmp_path / 'x.pth', True)
        init_default_scope('mmseg')
        net = MODELS.build(
            dict(
                type='ResNet38',
                base_channels=1,
                init_cfg=dict(type='Pretrained', checkpoint=str(target), prefix='backbone.'),
            )
        )
        net.init_weights()
        assert np.array_equal(net.norm7.running_var, arrays['bn7_moving_var'])

    def test_a_file_of_another_network_is_refused_and_nothing_is_written(self, tmp_path):
        write(tmp_path / 'x.params', {'arg:fc_weight': np.ones(1, np.float32)})
        with pytest.raises(ValueError, match='x.params: .*unknown entries: fc_weight'):
            converter.convert_file(tmp_path / 'x.params', tmp_path / 'x.pth')
        assert [path.name for path in tmp_path.iterdir()] == ['x.params']

    def test_a_missing_file_is_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match='there is no file .*x.params'):
            converter.convert_file(tmp_path / 'x.params', tmp_path / 'x.pth')

    def test_the_command_says_what_is_wrong_in_one_line(self, tmp_path):
        (tmp_path / 'x.params').write_bytes(b'PK' * 100)
        result = run_tool(sys.executable, FILE, 'x.params', 'x.pth', cwd=tmp_path)
        assert result.returncode == 1
        assert result.stderr.strip().splitlines()[-1].startswith('mxnet_params: x.params is no file of MXNet')
