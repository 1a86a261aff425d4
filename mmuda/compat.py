"""What the installed versions of torch, mmcv and mmengine need in order to work together.

The only file that knows about versions. :func:`apply` runs on ``import mmuda``, before anything of
``mmseg.models`` is imported.
"""
import importlib.util
import sys
import types
from typing import Any


def apply() -> None:
    """Close the known gaps of the installed stack. Calling it again changes nothing."""
    _stand_in_for_mmcv_ops()


class MMCVOpUnavailableError(ImportError):
    """An operator of full mmcv was used while mmcv-lite is installed."""


def _unavailable_op(name: str) -> type:
    """A class that can be imported and subclassed as the operator can, and raises when called."""

    def refuse(cls: type, *args: Any, **kwargs: Any) -> None:
        raise MMCVOpUnavailableError(
            f"mmcv.ops.{name} was used, but mmcv-lite is installed, which has no compiled operators. "
            "Install full mmcv in its place: pip uninstall mmcv-lite, then "
            "pip install 'mmcv==2.1.0' --no-build-isolation (needs a compiler and setuptools<81).")

    return type(name, (), {'__new__': refuse, '__module__': 'mmcv.ops', '__doc__': f'Stand-in for {name}.'})


def _stand_in_for_mmcv_ops() -> None:
    """Let mmseg import with mmcv-lite: it imports ``mmcv.ops`` unguarded.

    The stand-in is for ``mmcv.ops`` and not for ``mmcv._ext``, by which mmengine recognises full mmcv.
    """
    if 'mmcv.ops' in sys.modules or importlib.util.find_spec('mmcv._ext') is not None:
        return
    import mmcv

    ops = types.ModuleType('mmcv.ops', 'Stand-ins for the compiled operators that mmcv-lite does not have.')
    ops.__path__ = []  # type: ignore[attr-defined]

    def __getattr__(name: str) -> type:
        if name.startswith('_'):
            raise AttributeError(f'module mmcv.ops has no attribute {name!r}')
        op = _unavailable_op(name)
        setattr(ops, name, op)
        return op

    ops.__getattr__ = __getattr__  # type: ignore[method-assign]
    sys.modules['mmcv.ops'] = mmcv.ops = ops
