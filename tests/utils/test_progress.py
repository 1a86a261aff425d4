"""Progress of long passes: lines in the log, a bar on a terminal."""

import io
import logging

import pytest
from mmengine.logging import MMLogger

from mmuda.utils import progress as module
from mmuda.utils.progress import progress


@pytest.fixture
def log(tmp_path):
    """The file of a new run's log, the current one."""
    path = tmp_path / 'run.log'
    logger = MMLogger.get_instance(tmp_path.name, log_file=str(path))
    yield path
    logger.handlers.clear()


@pytest.fixture
def seconds(monkeypatch):
    """Every look at the clock takes ten seconds."""
    ticks = iter(range(0, 10_000, 10))
    monkeypatch.setattr(module.time, 'monotonic', lambda: float(next(ticks)))


def lines(path) -> list[str]:
    return [line.split(' - ')[-1] for line in path.read_text().splitlines()]


def test_log_has_named_lines_with_the_time_left(log, seconds):
    assert list(progress([1, 2, 3, 4, 5, 6], 'Pseudo labels', interval=20.0)) == [1, 2, 3, 4, 5, 6]
    assert lines(log) == [
        'Pseudo labels: 2 of 6, 0:00:40 left',
        'Pseudo labels: 4 of 6, 0:00:20 left',
        'Pseudo labels: 6 in 0:01:10',
    ]


def test_no_items_say_nothing(log):
    assert list(progress([], 'Pseudo labels')) == []
    assert not log.exists() or not lines(log)


def test_terminal_has_a_named_bar_below_the_log(log, monkeypatch, capsys):
    monkeypatch.setenv('FORCE_COLOR', '1')
    monkeypatch.setenv('TERM', 'xterm')
    logger, stream = MMLogger.get_current_instance(), io.StringIO()
    handler = next(handler for handler in logger.handlers if type(handler) is logging.StreamHandler)
    handler.setStream(stream)
    for _ in progress(['a.png', 'b.png'], 'Thresholds'):
        logger.info('a line')
    shown = capsys.readouterr().out
    assert 'Thresholds' in shown and '0/2' in shown
    assert shown.count('a line') == 2 and 'a line' not in stream.getvalue()
    assert handler.stream is stream
