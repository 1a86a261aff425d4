"""Files that are there whole or not at all, and locks that end with their process."""

import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# The lock files that this process holds. They stay open: who closes any handle of a file loses the lock on it.
_held: dict[tuple[int, Path], BinaryIO] = {}


def replace_file(path: Path, write: Callable[[BinaryIO], Any], durable: bool = False) -> None:
    """Write a file whole or not at all; its folder is made.

    Args:
        path (Path): Where it goes.
        write (Callable): Gets an open file, under a temporary name.
        durable (bool): Wait until it is on the disk, for files that must outlive a power cut. Defaults to False.

    Raises:
        OSError: If it cannot be written.
    """
    temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, 'wb') as file:
            write(file)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def lock(path: Path, again: bool = False) -> None:
    """Take the lock on a file, which is made where it is missing and never deleted.

    A lock file that were deleted could be locked by two processes at once: by one that opened it before, and by one
    that made it again. The lock is of the process, not of its children, and ends with it however it ends. Where the
    file system has no locks, or the folder can only be read, nobody is kept out.

    Args:
        path (Path): The lock file. While it is locked it says by whom.
        again (bool): Whether this process may take it when it has it already. Defaults to False.

    Raises:
        BlockingIOError: If another holds it; the message says who.
    """
    key = os.getpid(), path.resolve()
    if key in _held:
        if again:
            return
        raise BlockingIOError(f'process {os.getpid()} itself')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, 'a+b')  # noqa: SIM115  (open as long as it is locked)
    except OSError:
        return
    try:
        if fcntl is None:
            raise OSError('no locks')
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        file.seek(0)
        holder = file.read().decode(errors='replace').strip() or 'an unknown process'
        file.close()
        raise BlockingIOError(holder) from error
    except OSError:
        file.close()
        return
    with contextlib.suppress(OSError):  # a full disk
        file.truncate(0)
        file.write(f'process {os.getpid()} on {socket.gethostname()}'.encode())
        file.flush()
    _held[key] = file


def unlock(path: Path) -> None:
    """Give the lock back; one that is not held is left alone."""
    file = _held.pop((os.getpid(), path.resolve()), None)
    if file is not None:
        with contextlib.suppress(OSError):
            file.truncate(0)
            file.close()
