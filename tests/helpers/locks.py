"""Another process that holds a lock, and one that asks for it."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from mmuda.utils.files import lock


def lock_and_wait(path: Path, locked) -> None:
    lock(path)
    locked.set()
    time.sleep(600)


@contextmanager
def locked_by_another(path: Path) -> Iterator[BaseProcess]:
    """Another process that has locked ``path``, and is killed at the end."""
    context = multiprocessing.get_context('fork')
    locked = context.Event()
    process = context.Process(target=lock_and_wait, args=(path, locked))
    process.start()
    assert locked.wait(60)
    yield process
    process.kill()
    process.join()


def try_to_lock(path: Path, refused) -> None:
    try:
        lock(path, again=True)
    except BlockingIOError:
        refused.set()


def refused_in_a_child(path: Path) -> bool:
    """Whether a child of this process cannot take the lock."""
    context = multiprocessing.get_context('fork')
    refused = context.Event()
    process = context.Process(target=try_to_lock, args=(path, refused))
    process.start()
    process.join()
    return refused.is_set()
