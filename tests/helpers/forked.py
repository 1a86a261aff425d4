"""Processes that start with torch and mmuda imported: these are forked from a server that has imported them once."""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import torch


def context() -> ForkServerContext:
    """The context of ``multiprocessing`` for such processes; their server starts with the first of them.

    In the repository, whatever the folder of a test: elsewhere the server would find another package ``tests``.
    """
    context_ = multiprocessing.get_context('forkserver')
    context_.set_forkserver_preload(['tests.helpers.preloaded'])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path(__file__).parents[2])
        forkserver.ensure_running()
    return context_


def run_script(*command: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess:
    """As ``subprocess.run`` of ``python command``, in text and with what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ('stdout', 'stderr')]
        process = context().Process(target=_run, args=(command, str(cwd), env, streams))
        process.start()
        process.join()
        return subprocess.CompletedProcess(command, process.exitcode, *[path.read_text() for path in streams])


def _run(command: list[str], cwd: str, env: dict[str, str], streams: list[Path]) -> None:
    for number, path in enumerate(streams, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    torch.set_num_threads(int(env.get('OMP_NUM_THREADS', 1)))  # the server has read the variable already
    sys.argv, sys.path[0] = list(command), str(Path(command[0]).parent)
    try:
        runpy.run_path(command[0], run_name='__main__')
    except Exception:
        traceback.print_exc()
        raise SystemExit(1) from None
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
