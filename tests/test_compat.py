"""The installed stack works, and a checkpoint cannot execute code."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import mmcv
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel, MMDistributedDataParallel
from mmengine.runner import Runner, checkpoint, load_checkpoint
from mmengine.utils.dl_utils import mmcv_full_available
from PIL import Image
from torch.utils.data import DataLoader

from mmuda import compat

without_ops = pytest.mark.skipif(mmcv_full_available(), reason='full mmcv is installed')
REPO = Path(__file__).parents[1]


def test_applying_twice_changes_nothing():
    before = MMDistributedDataParallel.__init__, checkpoint.torch, checkpoint.load_url
    compat.apply()
    assert before == (MMDistributedDataParallel.__init__, checkpoint.torch, checkpoint.load_url)


def test_old_torch_is_refused(monkeypatch):
    monkeypatch.setattr(compat, '_applied', False)
    monkeypatch.setattr(torch, '__version__', '2.5.1')
    with pytest.raises(ImportError, match=r'torch >= 2\.6.*2\.5\.1'):
        compat.apply()


# mmcv-lite


def test_environment_report_works():
    from mmseg.utils import collect_env

    assert 'MMSegmentation' in collect_env()


@without_ops
def test_operator_says_its_name_when_called():
    with pytest.raises(ImportError, match=r'mmcv\.ops\.point_sample .*without its compiled operators'):
        mmcv.ops.point_sample(torch.zeros(1), torch.zeros(1))


@without_ops
def test_operator_can_be_subclassed_and_raises_when_built():
    class Layer(torch.nn.Module, mmcv.ops.ModulatedDeformConv2d):
        pass

    assert not isinstance(torch.nn.Identity(), mmcv.ops.ModulatedDeformConv2d)
    with pytest.raises(ImportError, match=r'mmcv\.ops\.ModulatedDeformConv2d'):
        Layer(1, 2)


@pytest.mark.skipif(not mmcv_full_available(), reason='mmcv is installed without operators')
def test_operators_of_full_mmcv_are_kept():
    boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0]])
    kept = mmcv.ops.nms(boxes, torch.tensor([0.5, 0.9]), 0.5)[1]
    assert kept.tolist() == [1]


# checkpoints


class Regression(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x, mode='loss'):
        return {'loss': (self.layer(x) - x).square().mean()}


def runner(work_dir: Path, max_iters: int = 2, **kwargs) -> Runner:
    return Runner(
        Regression(),
        str(work_dir),
        DataLoader([{'x': torch.ones(1)}] * 4),
        train_cfg=dict(by_epoch=False, max_iters=max_iters),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
        param_scheduler=dict(type='PolyLR', by_epoch=False, end=4),
        default_hooks=dict(
            checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=2, published_keys=None),
            logger=dict(type='LoggerHook', interval=1),
        ),
        log_processor=dict(by_epoch=False),
        experiment_name=f'{work_dir.name}_{max_iters}',
        **kwargs,
    )


class TouchesAFile:
    """A pickle of this object executes a shell command when it is loaded."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return os.system, (f'touch {self.path}',)


class Getattr:
    """A pickle of this object reads an attribute of a class that checkpoints may hold."""

    def __init__(self, *args):
        self.args = args

    def __reduce__(self):
        return getattr, self.args


@pytest.fixture(params=[True, False], ids=['zip', 'legacy'])
def malicious(request, tmp_path) -> tuple[str, Path]:
    """A checkpoint with good weights and a shell command, and the file that the command would make."""
    marker = tmp_path / 'executed'
    content = {'state_dict': Regression().state_dict(), 'meta': {}, 'extra': [TouchesAFile(marker)]}
    torch.save(content, tmp_path / 'evil.pth', _use_new_zipfile_serialization=request.param)
    torch.load(tmp_path / 'evil.pth', weights_only=False)
    assert marker.exists(), 'the test needs a command that works'
    marker.unlink()
    return str(tmp_path / 'evil.pth'), marker


@pytest.mark.parametrize(
    'load',
    [
        pytest.param(lambda path: load_checkpoint(Regression(), path), id='load_checkpoint'),
        pytest.param(lambda path: runner(Path(path).parent, load_from=path).load_or_resume(), id='Runner.load'),
        pytest.param(lambda path: runner(Path(path).parent).resume(path), id='Runner.resume'),
        pytest.param(lambda path: checkpoint.load_from_http(f'file://{path}', model_dir=f'{path}_'), id='url'),
        pytest.param(lambda path: compat.safe_load(path, weights_only=False), id='weights_only=False'),
    ],
)
def test_executable_checkpoint_is_refused_and_not_executed(malicious, load):
    path, marker = malicious
    with pytest.raises(compat.UnsafeCheckpointError, match=r'evil\.pth was refused.*(posix|nt)\.system'):
        load(path)
    assert not marker.exists()


@pytest.mark.parametrize('args', [(HistoryBuffer, '__init__'), (HistoryBuffer, 'update'), (np.dtype, 'str')])
def test_getattr_in_a_checkpoint_reaches_nothing(tmp_path, args):
    torch.save({'state_dict': {}, 'x': Getattr(*args)}, tmp_path / 'x.pth')
    with pytest.raises(compat.UnsafeCheckpointError, match=r'x\.pth .*getattr'):
        checkpoint.load_from_local(str(tmp_path / 'x.pth'), 'cpu')


def test_damaged_checkpoint_error_names_the_file(tmp_path):
    (tmp_path / 'cut.pth').write_bytes(b'\x80\x02' + b'garbage')
    with pytest.raises(compat.UnsafeCheckpointError, match=r'cut\.pth') as error:
        checkpoint.load_from_local(str(tmp_path / 'cut.pth'), 'cpu')
    assert 'weights_only' not in str(error.value), 'no advice to run what was refused'


def test_training_resumes_from_mmengine_checkpoint(tmp_path):
    first = runner(tmp_path)
    first.train()
    second = runner(tmp_path, max_iters=4, resume=True)
    second.load_or_resume()

    assert second.iter == 2
    saved, loaded = (r.message_hub.get_scalar('train/loss') for r in (first, second))
    np.testing.assert_array_equal(loaded.data, saved.data)
    assert loaded.statistics('mean') == saved.mean()


@pytest.mark.parametrize(
    'value', [np.float64(1.5), np.float32(1.5), np.int64(3), np.bool_(True), np.arange(3), np.array(['a'])], ids=repr
)
@pytest.mark.parametrize('package', [b'numpy.core', b'numpy._core'])
def test_numpy_values_load_as_numpy_1_and_numpy_2_wrote_them(tmp_path, value, package):
    path = tmp_path / 'x.pth'
    torch.save({'state_dict': {}, 'x': value}, path, _use_new_zipfile_serialization=False)
    written = path.read_bytes()
    path.write_bytes(written.replace(b'numpy._core', b'numpy.core').replace(b'numpy.core', package))

    got = checkpoint.load_from_local(str(path), 'cpu')['x']
    np.testing.assert_array_equal(got, value)
    assert got.dtype == value.dtype


def test_object_arrays_are_refused(tmp_path):
    torch.save({'x': np.array([{}], dtype=object)}, tmp_path / 'x.pth')
    with pytest.raises(compat.UnsafeCheckpointError):
        checkpoint.load_from_local(str(tmp_path / 'x.pth'), 'cpu')


def test_file_objects_load(tmp_path):
    torch.save({'x': 1}, tmp_path / 'x.pth')
    with open(tmp_path / 'x.pth', 'rb') as file:
        assert compat.safe_load(file) == {'x': 1}


def test_pickle_itself_still_works():
    buffer = pickle.loads(pickle.dumps(HistoryBuffer([1, 2], [1, 1])))
    assert buffer.max() == 2


# several processes on the CPU

TWO_RANKS = """
import torch, torch.distributed as dist
from mmuda import compat
from mmengine.dist import init_dist
from mmengine.model import MMDistributedDataParallel
init_dist('pytorch', backend='nccl')
rank = dist.get_rank()
model = MMDistributedDataParallel(torch.nn.Linear(1, 1, bias=False), device_ids=[rank])
model(torch.full((1, 1), 1. + 2 * rank)).sum().backward()
if rank == 0:
    print(dist.get_backend(), dist.get_world_size(), float(model.module.weight.grad))
"""


@pytest.mark.integration
def test_two_gloo_processes_average_their_gradients(tmp_path):
    (tmp_path / 'two_ranks.py').write_text(TWO_RANKS)
    result = subprocess.run(
        [
            sys.executable,
            '-m',
            'torch.distributed.run',
            '--standalone',
            '--nproc_per_node=2',
            str(tmp_path / 'two_ranks.py'),
        ],
        env={**os.environ, 'PYTHONPATH': str(REPO), 'CUDA_VISIBLE_DEVICES': '', 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
    )
    assert 'gloo 2 2.0' in result.stdout, result.stderr


@pytest.mark.parametrize('device, backend', [('cuda', 'nccl'), ('cpu', 'gloo')])
def test_backend_changes_only_without_a_gpu(monkeypatch, device, backend):
    calls = []
    monkeypatch.setattr(compat, 'get_device', lambda: device)
    compat._gloo_without_gpu(lambda backend, **kwargs: calls.append((backend, kwargs)))('nccl', timeout=3)
    assert calls == [(backend, {'timeout': 3})]


def test_config_with_unknown_backend_is_left_alone(monkeypatch):
    calls = []
    monkeypatch.setattr(compat, 'get_device', lambda: 'cpu')
    compat._gloo_without_gpu(calls.append)(Config(dict(dist_cfg=dict(backend='mpi'))).dist_cfg.backend)
    assert calls == ['mpi']


def test_processes_leave_their_group_before_python_ends(monkeypatch, tmp_path):
    at_exit = []
    monkeypatch.setattr(compat.atexit, 'register', at_exit.append)
    init = compat._gloo_without_gpu(
        lambda backend: torch.distributed.init_process_group(
            backend, init_method=f'file://{tmp_path}/store', rank=0, world_size=1
        )
    )
    init('nccl')
    assert torch.distributed.is_initialized()
    for function in at_exit:
        function()
    assert not torch.distributed.is_initialized()


# images


def test_16_bit_gray_image_is_refused_where_values_would_be_clipped(tmp_path):
    Image.fromarray(np.full((2, 3), 3000, np.uint16)).save(tmp_path / 'a.png')
    data = (tmp_path / 'a.png').read_bytes()
    with pytest.raises(OSError, match="a gray image of more than 8 bits .mode 'I;16'."):
        mmcv.imfrombytes(data, backend='pillow')
    assert (mmcv.imfrombytes(data, flag='unchanged', backend='pillow') == 3000).all()


# CPUs


@pytest.mark.parametrize(
    'machine, has, expected',
    [
        ('x86_64', (), False),
        ('x86_64', ('_is_avx512_bf16_supported',), True),
        ('AMD64', ('_is_amx_tile_supported',), True),
        ('aarch64', ('_is_avx512_bf16_supported',), False),
        ('aarch64', ('_is_mkldnn_bf16_supported',), True),
    ],
)
def test_cpus_that_have_bfloat16(machine, has, expected, monkeypatch):
    monkeypatch.setattr('platform.machine', lambda: machine)
    for name in ('_is_avx512_bf16_supported', '_is_amx_tile_supported'):
        monkeypatch.setattr(torch.cpu, name, lambda name=name: name in has)
    monkeypatch.setattr(torch.backends.mkldnn, 'is_available', lambda: True)
    monkeypatch.setattr(torch.ops.mkldnn, '_is_mkldnn_bf16_supported', lambda: '_is_mkldnn_bf16_supported' in has)
    assert compat.cpu_has_bfloat16() == expected


def test_this_cpu_says_whether_it_has_bfloat16():
    assert compat.cpu_has_bfloat16() in (True, False)
