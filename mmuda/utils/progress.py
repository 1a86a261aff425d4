"""Named progress of long passes over images: a bar on a terminal, lines in the log."""

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import TypeVar

from mmengine.dist import is_main_process
from mmengine.logging import MMLogger
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar('Item')


def progress(items: Sequence[Item], name: str, interval: float = 60.0) -> Iterator[Item]:
    """Yield items; show on rank 0 how far it is and how much time is left.

    A terminal has a bar, below what is logged meanwhile. The log, and so its file, has a line every ``interval``
    seconds and one at the end.

    Args:
        items (Sequence): What is worked on, on this rank. Of none nothing is shown.
        name (str): What is done, e.g. ``Pseudo labels``.
        interval (float): Seconds between two lines in the log. Defaults to 60.
    """
    if not items or not is_main_process():
        yield from items
        return
    logger, console = MMLogger.get_current_instance(), Console()
    columns = TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    begin = last = time.monotonic()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(name, total=len(items))
        with _above_the_bar(logger) if console.is_terminal else nullcontext():
            for done, item in enumerate(items, 1):
                yield item
                bars.advance(bar)
                now = time.monotonic()
                if now - last >= interval and done < len(items):
                    last = now
                    left = _clock((now - begin) / done * (len(items) - done))
                    logger.info(f'{name}: {done} of {len(items)}, {left} left')
    logger.info(f'{name}: {len(items)} in {_clock(time.monotonic() - begin)}')


@contextmanager
def _above_the_bar(logger: logging.Logger) -> Iterator[None]:
    """Let the logger write to the standard output as the bar has replaced it, which prints above the bar."""
    handlers = [handler for handler in logger.handlers if type(handler) is logging.StreamHandler]
    before = [handler.setStream(sys.stdout) for handler in handlers]
    try:
        yield
    finally:
        for handler, stream in zip(handlers, before):
            if stream is not None:  # it was another
                handler.setStream(stream)


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
