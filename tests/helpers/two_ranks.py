"""Run a function in two gloo processes on the CPU."""

import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from tests.helpers import forked
from tests.helpers.configs import write_plain_texts

WORLD_SIZE = 2


def run_on_two_ranks(function: Callable[..., Any], *args: Any) -> list[Any]:
    """Results of ``function(rank, *args)`` on rank 0 and 1; the function must be importable."""
    with tempfile.TemporaryDirectory() as folder:
        forked.context()
        mp.start_processes(_worker, (function, args, folder), WORLD_SIZE, start_method='forkserver')
        return [torch.load(_result_file(folder, rank), weights_only=True) for rank in range(WORLD_SIZE)]


def _worker(rank: int, function: Callable[..., Any], args: tuple, folder: str) -> None:
    torch.set_num_threads(1)
    write_plain_texts()
    dist.init_process_group('gloo', init_method=f'file://{folder}/store', rank=rank, world_size=WORLD_SIZE)
    torch.save(function(rank, *args), _result_file(folder, rank))
    dist.destroy_process_group()


def _result_file(folder: str, rank: int) -> Path:
    return Path(folder) / f'rank{rank}.pt'


def free_port() -> str:
    """A port for a launcher, so that runs beside each other do not meet."""
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return str(server.getsockname()[1])
