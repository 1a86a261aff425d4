"""Runs of a leaderboard: in which order, in processes of their own, stopped and continued."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import mmuda
from benchmarks.leaderboard.results import Result
from benchmarks.leaderboard.task import Task
from mmuda.engine.checkpoints import latest_checkpoint
from mmuda.utils.files import replace_file

ROOT = Path(__file__).resolve().parents[2]
TRAIN = ROOT / 'tools' / 'train.py'
EVALUATE = Path(__file__).with_name('evaluate.py')
GRACE = 10  # seconds that stopped processes have to end


class Run(NamedTuple):
    """One training: a config with a seed."""

    method: str
    seed: int


class RunError(RuntimeError):
    """A run failed; the message says where its output is."""


class Runs:
    """The runs of a task: trains and tests them in processes, and keeps what they leave.

    Each run has a folder ``<root>/<task>/seed<seed>/<method>-<hash>``, so that a config that was changed is another
    run. In it are what training writes, ``output.txt``, ``cost.json`` with the cost of training so far, and at the end
    ``result.json`` with the row of the table.

    Args:
        task (Task): The task.
        root (Path): Folder of all runs.
    """

    def __init__(self, task: Task, root: Path) -> None:
        self.task, self.root = task, root
        self._lock = threading.Lock()
        self._children: set[int] = set()
        self._stopped = False

    def folder(self, run: Run) -> Path:
        """Return the folder of a run."""
        name = f'{run.method}-{self.task.config_hash(run.method)}'
        return self.root / self.task.name / f'seed{run.seed}' / name

    def starts(self, run: Run) -> list[Run]:
        """Return the runs whose checkpoints a run starts from."""
        return [Run(method, run.seed) for method in self.task.starts(run.method).values()]

    def is_finished(self, run: Run) -> bool:
        """Whether its checkpoint and its result are on this machine."""
        return (self.folder(run) / 'result.json').is_file() and latest_checkpoint(self.folder(run)) is not None

    def execute(self, run: Run) -> Result:
        """Train and test, or continue with either; return the row.

        Raises:
            RunError: If a process fails or is stopped.
        """
        folder = self.folder(run)
        path = folder / 'result.json'
        if not self.is_finished(run):
            if path.is_file():  # what remains of a run whose checkpoints were deleted cannot be continued
                shutil.rmtree(folder)
            revision = code_revision()
            cost = self._train(run, folder)
            measured = self._evaluate(run, folder)
            result = Result(
                task=self.task.name,
                method=run.method,
                seed=run.seed,
                config_hash=self.task.config_hash(run.method),
                revision=revision,
                **cost,
                **measured,
                rounds=read_rounds(folder),
                date=date.today().isoformat(),
            )
            _write_json(path, asdict(result))
        return Result(**json.loads(path.read_text()))

    def stop(self) -> None:
        """End all processes, with their workers; what they have saved can be continued."""
        with self._lock:
            self._stopped = True
        for number in (signal.SIGTERM, signal.SIGKILL):
            for group in list(self._children):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, number)
            end = time.monotonic() + GRACE
            while self._children and time.monotonic() < end:
                time.sleep(0.05)

    def _train(self, run: Run, folder: Path) -> dict[str, float]:
        path = folder / 'cost.json'
        cost = json.loads(path.read_text()) if path.is_file() else dict(seconds=0.0, cpu_seconds=0.0, peak_mib=0.0)
        if not cost.pop('trained', False):
            options = [f'randomness.seed={run.seed}']
            for key, method in self.task.starts(run.method).items():
                options.append(f'{key}={self.folder(Run(method, run.seed))}')
            command = [TRAIN, self.task.path(run.method), '--work-dir', folder]
            command += ['--amp'] if self.task.amp else []
            command += ['--resume'] if latest_checkpoint(folder) else []
            status, part = self._process(run, [*command, '--cfg-options', *options])
            cost = {
                'seconds': round(cost['seconds'] + part['seconds'], 2),
                'cpu_seconds': round(cost['cpu_seconds'] + part['cpu_seconds'], 2),
                'peak_mib': round(max(cost['peak_mib'], part['peak_mib'])),
            }
            _write_json(path, dict(cost, trained=status == 0))
            self._check(run, status)
        return cost

    def _evaluate(self, run: Run, folder: Path) -> dict[str, Any]:
        checkpoint = latest_checkpoint(folder)
        if checkpoint is None:
            raise RunError(f'its training left no checkpoint in {folder}')
        out = folder / 'measured.json'
        command = [EVALUATE, self.task.path(run.method), checkpoint, '--work-dir', folder / 'evaluation', '--out', out]
        status, _ = self._process(run, command)
        self._check(run, status)
        return json.loads(out.read_text())

    def _process(self, run: Run, arguments: Sequence[object]) -> tuple[int, dict[str, float]]:
        """Run a Python script to its end; return its status and what it and its workers used."""
        command = [sys.executable, *map(str, arguments)]
        log = self.folder(run) / 'output.txt'
        log.parent.mkdir(parents=True, exist_ok=True)
        env = {'OMP_NUM_THREADS': '1', **os.environ, 'PYTHONUNBUFFERED': '1'}
        begin = time.monotonic()
        with open(log, 'a') as output:
            print('$', shlex.join(command), file=output, flush=True)
            with self._lock:
                if self._stopped:
                    raise RunError('stopped')
                process = subprocess.Popen(  # in a group of its own: a key press ends this program, which ends it
                    command, stdout=output, stderr=subprocess.STDOUT, env=env, start_new_session=True
                )
                self._children.add(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        self._children.discard(process.pid)
        process.returncode = os.waitstatus_to_exitcode(status)
        cost = dict(
            seconds=time.monotonic() - begin,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_mib=usage.ru_maxrss / 1024,
        )
        return process.returncode, cost

    def _check(self, run: Run, status: int) -> None:
        if self._stopped:
            raise RunError('stopped')
        if status:
            log = self.folder(run) / 'output.txt'
            raise RunError(
                f'failed with status {status}, see {log}; its end: {log.read_text().strip().splitlines()[-1]}'
            )


def plan(runs: Sequence[Run], has_row: Callable[[Run], bool], existing: Runs) -> tuple[list[Run], dict[Run, Run]]:
    """Return what has to be run, each after those it starts from.

    Args:
        runs (Sequence[Run]): What is asked for.
        has_row (Callable): Whether the result of a run is known.
        existing (Runs): Knows starts and checkpoints.

    Returns:
        tuple[list[Run], dict[Run, Run]]: The runs in order; of those that were not asked for, or have their row
        already, the first that starts from it.
    """
    ordered: list[Run] = []
    added: dict[Run, Run] = {}

    def add(run: Run, needed_by: Run | None) -> None:
        if run in ordered or (needed_by is not None and existing.is_finished(run)):
            return
        for start in existing.starts(run):
            add(start, run)
        ordered.append(run)
        if needed_by is not None and (run not in runs or has_row(run)):
            added[run] = needed_by

    for run in runs:
        if not has_row(run):
            add(run, None)
    return ordered, added


def run_all(
    ordered: Sequence[Run],
    runs: Runs,
    processes: int,
    finished: Callable[[Run, Result], None],
    say: Callable[[str], None] = print,
) -> dict[Run, str]:
    """Run what :func:`plan` gave, as many at a time as there are processes; a run waits for those it starts from.

    Args:
        ordered (Sequence[Run]): The runs.
        runs (Runs): What executes them.
        processes (int): How many at a time.
        finished (Callable): Called with each run and its result, in this thread.
        say (Callable): Prints a line.

    Returns:
        dict[Run, str]: Why a run has failed or was not begun.

    Raises:
        BaseException: What ``finished`` raises, or KeyboardInterrupt; after the processes of all runs were ended.
    """
    waiting, failed = list(ordered), {}
    running: dict[Future, Run] = {}

    def fail(run: Run, reason: object) -> None:
        failed[run] = str(reason)
        say(f'{run.method}, seed {run.seed}: {reason}')

    with ThreadPoolExecutor(processes) as pool:
        try:
            while waiting or running:
                unfinished = {*waiting, *running.values()}
                for run in list(waiting):
                    starts = runs.starts(run)
                    lost = next((start for start in starts if start in failed), None)
                    if lost is not None:
                        waiting.remove(run)
                        fail(run, f'not run, as {lost.method} that it starts from failed')
                    elif len(running) < processes and not unfinished.intersection(starts):
                        waiting.remove(run)
                        problem = runs.task.changed(run.method)
                        if problem is not None:
                            fail(run, problem)
                            continue
                        say(f'{run.method}, seed {run.seed}: begun, {runs.folder(run) / "output.txt"}')
                        running[pool.submit(runs.execute, run)] = run
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    run = running.pop(future)
                    if future.exception() is not None:
                        fail(run, future.exception())
                    else:
                        finished(run, future.result())
        except BaseException:
            runs.stop()
            raise
    return failed


def read_rounds(folder: Path) -> list[dict[str, Any]]:
    """Return mIoU of each round of self-training, and labeled shares where its labels tell them; else nothing."""
    rounds = []
    paths = sorted(folder.glob('round_*/round.json'), key=lambda path: int(path.parent.name.partition('_')[2]))
    for summary in (json.loads(path.read_text()) for path in paths):
        labels = summary['labels']
        pairs = zip(labels['labeled_pixels'], labels['class_pixels']) if 'class_pixels' in labels else ()
        labeled = [round(part / whole, 3) if whole else None for part, whole in pairs]
        rounds.append(dict(mIoU=summary['evaluation']['mIoU'], labeled=labeled))
    return rounds


def code_revision() -> str:
    """Return the short revision of the code, with a ``+`` where it was changed since; outside of git the version."""

    def git(*arguments: str) -> str:
        return subprocess.run(['git', *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = git('status', '--porcelain', '--', 'mmuda', 'configs', 'tools', 'benchmarks')
        return git('rev-parse', '--short', 'HEAD') + ('+' if changed else '')
    except (OSError, subprocess.CalledProcessError):
        return mmuda.__version__


def _write_json(path: Path, value: Any) -> None:
    replace_file(path, lambda file: file.write(json.dumps(value).encode()))
