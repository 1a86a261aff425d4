"""Count what makes the host wait for the device, on the CPU too."""

import traceback
from collections.abc import Sequence
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

# The sizes of their results, or their results, are known to the host only when the device is done.
WAITING = (
    '_local_scalar_dense',
    'nonzero',
    '_unique',
    '_unique2',
    'unique_dim',
    'unique_consecutive',
    'masked_select',
    'bincount',
    'equal',
    'is_nonzero',
    'repeat_interleave',
)
READING = ('cpu', 'tolist', 'numpy', 'item', '__bool__', '__array__')


class HostReads(TorchDispatchMode):
    """Record operators and methods with which a program reads from the device.

    Args:
        but_in (Sequence[str]): Parts of file names; what is called from these files does not count. Defaults to ().

    Attributes:
        found (list[str]): Their names in the order of the calls. A method may be there with its operator.
    """

    def __init__(self, but_in: Sequence[str] = ()) -> None:
        super().__init__()
        self.but_in = but_in
        self.found: list[str] = []
        self._patches = [mock.patch.object(Tensor, name, self._recording(name)) for name in READING]

    def _recording(self, name: str) -> Any:
        original = getattr(Tensor, name)

        def method(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
            self._record(name)
            return original(tensor, *args, **kwargs)

        return method

    def __enter__(self) -> 'HostReads':
        for patch in self._patches:
            patch.start()
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        for patch in self._patches:
            patch.stop()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        by_mask = name in ('index', 'index_put', 'index_put_') and any(
            index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1]
        )
        if name in WAITING or by_mask:
            self._record(name)
        return func(*args, **(kwargs or {}))

    def _record(self, name: str) -> None:
        files = [frame.f_code.co_filename for frame, _ in traceback.walk_stack(None)] if self.but_in else []
        if not any(part in file for part in self.but_in for file in files):
            self.found.append(name)
