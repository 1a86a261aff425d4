"""What the installed versions of torch, mmcv and mmengine need in order to work together.

The only file that knows about versions. :func:`apply` runs on ``import mmuda``, before anything of
``mmseg.models`` is imported.
"""

import atexit
import difflib
import functools
import gc
import importlib.util
import inspect
import os
import pickle
import platform
import runpy
import sys
import tempfile
import types
import warnings
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any
from unittest import mock

import mmcv.image.io
import mmengine.dist.utils
import mmengine.runner.checkpoint
import numpy as np
import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.fileio import LocalBackend
from mmengine.infer import BaseInferencer
from mmengine.logging import HistoryBuffer, print_log
from mmengine.model import MMDistributedDataParallel
from mmengine.runner import CheckpointLoader, Runner
from mmengine.utils import digit_version

from mmuda.utils.files import replace_file

_applied = False


def apply() -> None:
    """Close the known gaps of the installed stack. Calling it again changes nothing.

    Raises:
        ImportError: If torch is older than 2.6, where even ``weights_only=True`` can execute
            code from a checkpoint (CVE-2025-32434).
    """
    global _applied
    if _applied:
        return
    if digit_version(torch.__version__) < digit_version('2.6.0'):
        raise ImportError(
            f'mmuda needs torch >= 2.6, to load checkpoints without executing code in them, '
            f'but found torch {torch.__version__}. Tested versions are in requirements/.'
        )
    _stand_in_for_mmcv_ops()
    _load_checkpoints_safely()
    _never_run_text_of_checkpoints()
    _write_files_whole()
    _check_work_dirs()
    _distribute_on_cpu()
    _refuse_deep_gray_images()
    _applied = True


# mmcv-lite ------------------------------------------------------------------------------------------


class MMCVOpUnavailableError(ImportError):
    """An operator of full mmcv was used, but mmcv has been installed without operators."""


def _unavailable_op(name: str) -> type:
    """A class that can be imported and subclassed as the operator can, and raises when called."""

    def refuse(cls: type, *args: Any, **kwargs: Any) -> None:
        raise MMCVOpUnavailableError(
            f'mmcv.ops.{name} was used, but mmcv is installed without its compiled operators (mmcv-lite). '
            'Choose a component that does not need it, or install mmcv with operators: '
            'see requirements/full.txt.'
        )

    return type(name, (), {'__new__': refuse, '__module__': 'mmcv.ops', '__doc__': f'Stand-in for {name}.'})


def _stand_in_for_mmcv_ops() -> None:
    """Let mmseg import without compiled operators: it imports ``mmcv.ops`` unguarded.

    The stand-in is for ``mmcv.ops`` and not for ``mmcv._ext``, by which mmengine recognizes full mmcv.
    """
    if 'mmcv.ops' in sys.modules or importlib.util.find_spec('mmcv._ext') is not None:
        return
    import mmcv

    ops = types.ModuleType('mmcv.ops', 'Stand-ins for the compiled operators, which are not installed.')
    ops.__path__ = []

    def __getattr__(name: str) -> type:
        if name.startswith('_'):
            raise AttributeError(f'module mmcv.ops has no attribute {name!r}')
        op = _unavailable_op(name)
        setattr(ops, name, op)
        return op

    ops.__getattr__ = __getattr__  # type: ignore[method-assign]
    sys.modules['mmcv.ops'] = mmcv.ops = ops
    # What mmcv.cnn says about it on every import; the stand-in says it to those who use the operator.
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')


# checkpoints ----------------------------------------------------------------------------------------


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message names the file."""


class UnsafeCheckpointError(CheckpointError):
    """A checkpoint holds something else than plain data, or its code would have to be run, and was not loaded."""


def _statistics_method(owner: type, name: str) -> Callable:
    """What a pickled ``getattr`` may do in a checkpoint: name a statistic of a HistoryBuffer.

    A HistoryBuffer pickles its methods ``min``, ``max``, ``current`` and ``mean``. The real
    ``getattr`` must not be allowed, it reaches ``__globals__`` and the like.
    """
    if owner is not HistoryBuffer or name not in ('min', 'max', 'current', 'mean'):
        raise pickle.UnpicklingError(f'getattr({owner!r}, {name!r}) is not allowed in a checkpoint')
    return getattr(owner, name)


def _safe_globals() -> list:
    """All that mmengine's own checkpoints need: log histories, numpy arrays and numpy scalars."""
    core = np._core if hasattr(np, '_core') else np.core
    # No object dtype ('O') and no records ('V'): they are not numbers.
    codes = '?SUMm' + np.typecodes['AllInteger'] + np.typecodes['AllFloat']
    dtypes = {type(np.dtype(code)) for code in codes}
    functions = [
        (getattr(core.multiarray, name), f'numpy.{package}.multiarray.{name}')
        for name in ('_reconstruct', 'scalar')
        for package in ('core', '_core')
    ]  # as numpy 1 and numpy 2 write it
    getattr_ = (_statistics_method, 'builtins.getattr')
    return [HistoryBuffer, getattr_, np.ndarray, np.dtype, *dtypes, *functions]


def safe_load(file: Any, map_location: Any = None, *, _load: Callable = torch.load, **kwargs: Any) -> Any:
    """``torch.load`` that never executes code from the file, whatever ``weights_only`` is asked for.

    Args:
        file (str | os.PathLike | file object): The checkpoint, or its URL when ``_load`` takes one.
        map_location (Any): As in :func:`torch.load`.
        kwargs (Any): Other arguments of :func:`torch.load`.

    Returns:
        Any: The content of the checkpoint.

    Raises:
        UnsafeCheckpointError: If the file is not plain data (tensors, numbers, strings, containers, numpy
            arrays, log histories).
        CheckpointError: If it is damaged, cut off, or of another kind.
        OSError: If it cannot be opened.
    """
    kwargs['weights_only'] = True
    name = file if isinstance(file, str | os.PathLike) else getattr(file, 'name', file)
    try:
        return _load(file, map_location=map_location, **kwargs)
    except pickle.UnpicklingError as e:
        lines = str(e).rpartition('WeightsUnpickler error:')[2].split('\n')  # before it: advice to run the code
        reason = next(
            (line.strip() for line in lines if 'GLOBAL' in line or 'getattr' in line),
            next((line.strip() for line in lines if line.strip()), 'nothing'),
        )
        raise UnsafeCheckpointError(
            f'Checkpoint {name} was refused, no code in it was run: it is damaged, or it holds pickled '
            f'objects, which can carry code, besides tensors and plain values. Found: {reason} '
            'Where it was made, save the weights alone: torch.save(model.state_dict(), path). A class you '
            'know to be harmless can be allowed with torch.serialization.add_safe_globals.'
        ) from e
    except (OSError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as e:  # of zip archives, pickles and storages, by what is damaged
        raise CheckpointError(
            f'Checkpoint {name} cannot be read: it is damaged, cut off, or no checkpoint of PyTorch. Found: '
            f'{type(e).__name__}: {(str(e).splitlines() or [""])[0]} Copy it again, or take another one.'
        ) from e


class _SafeTorch(types.ModuleType):
    """The module torch, with :func:`safe_load` as its ``load``."""

    load = staticmethod(safe_load)

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)


def _load_checkpoints_safely() -> None:
    """Let mmengine load its own checkpoints, and nothing that executes code.

    mmengine 0.10.7 calls ``torch.load`` without a word about its HistoryBuffer, onedl-mmengine
    falls back to ``weights_only=False``, and both do so for URLs (default of ``torch.hub``).
    """
    torch.serialization.add_safe_globals(_safe_globals())
    Runner.load_checkpoint = _naming_the_checkpoint(Runner.load_checkpoint)
    checkpoint = mmengine.runner.checkpoint
    checkpoint.torch = _SafeTorch('torch')
    checkpoint.load_url = functools.partial(safe_load, _load=checkpoint.load_url)
    if hasattr(checkpoint, '_safe_torch_load'):
        checkpoint._safe_torch_load = safe_load


def _without_python_text(load: Callable) -> Callable:
    """Wrap mmengine's ``CheckpointLoader.load_checkpoint``, through which it reads every checkpoint.

    ``Runner.resume`` runs the text under ``meta['config']`` as a Python file to find ``gpu_ids``, an entry of mmcv
    before 2.0, whose checkpoints cannot be resumed from anyway. mmengine itself writes ``cfg``, which it does not run.
    """

    @functools.wraps(load)
    def wrapper(cls: type, filename: str, *args: Any, **kwargs: Any) -> dict:
        checkpoint = load(cls, filename, *args, **kwargs)
        if not isinstance(checkpoint, dict):
            raise CheckpointError(
                f'Checkpoint {filename} holds a {type(checkpoint).__name__}, expected a dict of '
                'weights, or one that has them under `state_dict`'
            )
        if isinstance(checkpoint.get('meta'), dict):
            checkpoint['meta'].pop('config', None)
        return checkpoint

    return wrapper


def _with_config(init_model: Callable) -> Callable:
    """Wrap ``BaseInferencer._init_model`` so that it takes the config from the caller alone.

    Otherwise mmengine runs the config's text in the checkpoint. Reading the text without running it is not enough: a
    config names what is called, and ``type='subprocess.Popen'`` is found, too.
    """

    @functools.wraps(init_model)
    def wrapper(self: BaseInferencer, cfg: Any, weights: str | None, *args: Any, **kwargs: Any) -> torch.nn.Module:
        if not cfg:
            raise UnsafeCheckpointError(
                f'{type(self).__name__} got the checkpoint {weights} without a config. The one inside of it was not '
                'used, as it can run any code. Name the config, too: training has left it in its work dir'
            )
        return init_model(self, cfg, weights, *args, **kwargs)

    return wrapper


def _naming_the_checkpoint(load: Callable) -> Callable:
    """Wrap ``Runner.load_checkpoint`` so that errors of what does not fit, as those of hooks, name the file."""

    @functools.wraps(load)
    def wrapper(self: Runner, filename: str, *args: Any, **kwargs: Any) -> dict:
        try:
            return load(self, filename, *args, **kwargs)
        except (RuntimeError, ValueError) as error:
            if type(error) not in (RuntimeError, ValueError) or str(filename) in str(error):
                raise
            raise type(error)(f'{error} (in the checkpoint {filename})') from error

    return wrapper


def _never_run_text_of_checkpoints() -> None:
    """Stop mmengine from running the text of a config that is stored in a checkpoint; it does so in two places."""
    CheckpointLoader.load_checkpoint = classmethod(_without_python_text(CheckpointLoader.load_checkpoint.__func__))
    BaseInferencer._init_model = _with_config(BaseInferencer._init_model)


# files ----------------------------------------------------------------------------------------------


def _write_files_whole() -> None:
    """Let mmengine write files, checkpoints above all, either completely or not at all."""

    def put(self: LocalBackend, obj: bytes, filepath: str | Path) -> None:
        try:
            replace_file(Path(filepath), lambda file: file.write(obj), durable=True)
        except OSError as error:
            raise OSError(
                error.errno,
                f'cannot write {filepath} ({error.strerror or error}). What was there before '
                'is still there: free some space or make the folder writable, and continue with --resume',
            ) from error

    LocalBackend.put = functools.wraps(LocalBackend.put)(put)


def _check_work_dirs() -> None:
    """Say that a work dir cannot be written before anything else is made."""
    init = Runner.__init__

    @functools.wraps(init)
    def wrapper(self: Runner, model: Any, work_dir: str, *args: Any, **kwargs: Any) -> None:
        try:
            os.makedirs(work_dir, exist_ok=True)
            with tempfile.TemporaryFile(dir=work_dir):
                pass
        except OSError as error:
            raise OSError(
                error.errno,
                f'the work dir {work_dir} cannot be written to '
                f'({error.strerror or error}): make it writable, or choose another with --work-dir',
            ) from error
        init(self, model, work_dir, *args, **kwargs)

    Runner.__init__ = wrapper


# several processes on the CPU -----------------------------------------------------------------------


def _gloo_without_gpu(init: Callable) -> Callable:
    """Wrap one of mmengine's initializers so that it works, with gloo, where there is no accelerator."""

    @functools.wraps(init)
    def wrapper(backend: str, *args: Any, **kwargs: Any) -> None:
        if get_device() != 'cpu':
            init(backend, *args, **kwargs)
            return
        if backend == 'nccl':
            print_log('No GPU found: distributed backend gloo is used instead of nccl.', logger='current')
            backend = 'gloo'
        with mock.patch.object(torch.cuda, 'set_device'):
            init(backend, *args, **kwargs)
        atexit.register(_leave_process_group)

    return wrapper


def _leave_process_group() -> None:
    """End gloo's threads before Python ends: otherwise they may abort the process."""
    gc.collect()  # a DDP model in a cycle holds the group
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _distribute_on_cpu() -> None:
    """Let mmengine's launchers and its DDP wrapper run on the CPU; nothing changes on a GPU."""
    for name in ('_init_dist_pytorch', '_init_dist_slurm', '_init_dist_mpi'):
        setattr(mmengine.dist.utils, name, _gloo_without_gpu(getattr(mmengine.dist.utils, name)))

    init = MMDistributedDataParallel.__init__

    @functools.wraps(init)
    def without_device_ids(self: Any, module: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        if all(p.device.type == 'cpu' for p in module.parameters()):
            kwargs.pop('device_ids', None)
            kwargs.pop('output_device', None)
        init(self, module, *args, **kwargs)

    MMDistributedDataParallel.__init__ = without_device_ids


# CPUs -----------------------------------------------------------------------------------------------


def cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies matrices of bfloat16 itself: AVX-512 BF16 or AMX, or BF16 of Arm.

    Without them torch computes the same, by conversion to float32 and back.
    """
    if platform.machine() in ('aarch64', 'arm64'):
        return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


# images ---------------------------------------------------------------------------------------------


def _refuse_deep_gray_images() -> None:
    """Let no 16-bit gray image become white: Pillow clips its values at 255, and mmcv lets it."""
    convert = mmcv.image.io._pillow2array

    @functools.wraps(convert)
    def checked(img: Any, flag: str = 'color', *args: Any, **kwargs: Any) -> np.ndarray:
        if flag != 'unchanged' and img.mode.startswith(('I', 'F')):
            raise OSError(
                f'it is a gray image of more than 8 bits (mode {img.mode!r}), whose values would be clipped '
                'at 255: scale them and save it with 8 bits'
            )
        return convert(img, flag, *args, **kwargs)

    mmcv.image.io._pillow2array = checked


# MMSegmentation's tools ------------------------------------------------------------------------------


def run_stock_tool(name: str) -> None:
    """Run a script of MMSegmentation's ``tools/`` as ``__main__``, with ``sys.argv`` as it is.

    Args:
        name (str): Path below ``tools/``, e.g. 'train.py'.

    Raises:
        FileNotFoundError: If the installed mmseg comes without its tools.
        ValueError: If ``--cfg-options`` has a key that nothing reads.
    """
    path = _stock_tool_path(name)
    with mock.patch.object(Config, 'merge_from_dict', _merge_known(Config.merge_from_dict)):
        runpy.run_path(str(path), run_name='__main__')


# Keys besides the runner's arguments that a config need not have and that is read.
_ALSO_READ = (
    'auto_scale_lr',
    'compile',
    'custom_imports',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'runner_type',
    'tta_model',
    'tta_pipeline',
)


def _merge_known(merge: Callable) -> Callable:
    """Wrap the merging of ``--cfg-options`` so that a key whose first part nothing reads is an error."""

    @functools.wraps(merge)
    def merge_known(config: Config, options: dict, *args: Any, **kwargs: Any) -> None:
        read = {*config, *inspect.signature(Runner.__init__).parameters, *_ALSO_READ}
        for option in options:
            key = option.split('.')[0]
            if key not in read:
                close = difflib.get_close_matches(key, read, 1) or [
                    f'{part}.{key}' for part, value in config.items() if isinstance(value, dict) and key in value
                ]
                hint = f'Did you mean {" or ".join(close)}?' if close else 'It has: ' + ', '.join(sorted(config.keys()))
                raise ValueError(
                    f'--cfg-options {option}: nothing reads {key!r}, which {config.filename} does not have. {hint}'
                )
        merge(config, options, *args, **kwargs)

    return merge_known


def load_stock_tool(name: str) -> types.ModuleType:
    """Import a script of MMSegmentation's ``tools/`` without running it, for a tool that uses parts of it.

    Args:
        name (str): Path below ``tools/``, e.g. 'analysis_tools/get_flops.py'.

    Returns:
        types.ModuleType: Its functions, ``parse_args`` and ``main`` among them.

    Raises:
        FileNotFoundError: If the installed mmseg comes without its tools.
        ValueError: If ``--cfg-options`` has a key that nothing reads.
    """
    path = _stock_tool_path(name)
    loader = SourceFileLoader(f'stock_{path.stem}', str(path))
    module = types.ModuleType(loader.name)
    module.__file__ = str(path)
    loader.exec_module(module)
    return module


def _stock_tool_path(name: str) -> Path:
    import mmseg

    package = Path(mmseg.__file__).resolve().parent
    candidates = [package / '.mim' / 'tools' / name, package.parent / 'tools' / name]  # wheel, checkout
    for path in candidates:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f'mmseg {mmseg.__version__} is installed without its tools: {name} is neither '
        f'{candidates[0]} nor {candidates[1]}. Reinstall it as in requirements/.'
    )
