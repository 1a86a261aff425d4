"""The trainings of the demo: in processes of their own, several at a time."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from mmuda.engine.checkpoints import latest_checkpoint

ROOT = Path(__file__).resolve().parents[2]
PROGRESS = (
    (
        re.compile(r'Iter\(train\)\s*\[\s*(\d+)/(\d+)\].*?eta: (\S+).*?\bloss: (\S+)'),
        'iteration {}/{}, remaining {}, loss {}',
    ),
    (re.compile(r'^\[[> ]*\]\s*(\d+)/(\d+), .*ETA:\s*(\S+)'), 'pseudo label {}/{}, remaining {}'),
)  # lines of mmengine's log -> what is shown
SHOW_EVERY = 20.0  # seconds
EVALUATIONS, LOGGED = 4, 60  # points of the curves of a training


class StepError(RuntimeError):
    """A step of the demo failed; the message says which and where its log is."""


@dataclass
class Run:
    """One training: a title for people, a config of ``configs/toy``, and the run whose checkpoint it starts from."""

    title: str
    name: str
    root: Path
    start: 'Run | None' = None
    is_method: bool = False

    @property
    def starts(self) -> list['Run']:
        """The runs before it, the last first."""
        return [self.start, *self.start.starts] if self.start else []

    @property
    def config(self) -> Path:
        """Its config."""
        return ROOT / 'configs' / 'toy' / f'{self.name}.py'

    @property
    def work_dir(self) -> Path:
        """Folder of what it makes."""
        return self.root / self.name

    @property
    def checkpoint(self) -> str:
        """Last checkpoint of the training."""
        path = latest_checkpoint(self.work_dir)
        if path is None:
            raise StepError(f'{self.title}: the training left no checkpoint in {self.work_dir}')
        return path


def demo_runs(root: Path) -> dict[str, Run]:
    """Return all trainings, by title, in the order of the table."""
    source_only = Run('source only', 'source_only', root)
    trained_on = Run('source only, trained on', 'source_continued', root, source_only)
    mrnet = Run('MRNet', 'mrnet', root, source_only, is_method=True)
    runs = [
        source_only,
        trained_on,
        Run('the same, twice as long', 'source_continued_twice', root, trained_on),
        mrnet,
        Run('MRNet+Rectifying', 'mrnet_rectified', root, mrnet, is_method=True),
        Run('oracle', 'oracle', root),
    ]
    return {run.title: run for run in runs}


# Each after that it starts from; of two processes one trains the longest chain, the other the rest.
TRAINING_ORDER = (
    'source only',
    'oracle',
    'MRNet',
    'source only, trained on',
    'MRNet+Rectifying',
    'the same, twice as long',
)


def describe_progress(line: str) -> str | None:
    """What a line of the log says about progress, None if nothing."""
    for pattern, text in PROGRESS:
        match = pattern.search(line)
        if match:
            return text.format(*match.groups())
    return None


def run_tool(title: str, tool: str, arguments: list[str], log: Path, running: set[subprocess.Popen]) -> float:
    """Run a script of ``tools/``; its output goes to a file, its progress to the screen.

    Args:
        title (str): For the screen.
        tool (str): Name of the script.
        arguments (list[str]): Its arguments.
        log (Path): File of its output.
        running (set[Popen]): The process is among them while it runs.

    Returns:
        float: CPU seconds, those of its workers included.

    Raises:
        StepError: If it fails.
    """
    command = [sys.executable, str(ROOT / 'tools' / tool), *arguments]
    environment = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONUNBUFFERED': '1', 'PYTHONWARNINGS': 'ignore'}
    tail, shown = deque(maxlen=20), time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    running.add(process)
    with log.open('w') as file, process.stdout:
        for line in process.stdout:
            file.write(line)
            tail.append(line)
            text = describe_progress(line)
            if text and time.monotonic() - shown > SHOW_EVERY:
                shown = time.monotonic()
                print(f'  {title}: {text}', flush=True)
    _, status, usage = os.wait4(process.pid, 0)
    running.discard(process)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise StepError(
            f'{title}: {" ".join(command)} failed with status {process.returncode}. '
            f'Its output is in {log}; the end of it:\n\n{"".join(tail)}'
        )
    return usage.ru_utime + usage.ru_stime


def options(run: Run, share: float) -> list[str]:
    """Return the settings of a run that is ``share`` as long as its config says."""
    length = max(1, round(share * Config.fromfile(run.config).train_cfg.max_iters))
    changed = [f'train_cfg.max_iters={length}', f'train_cfg.val_interval={-(-length // EVALUATIONS)}']
    start = [f'load_from={run.start.checkpoint}'] if run.start else []
    return [*changed, f'default_hooks.logger.interval={-(-length // LOGGED)}', *start]


def train(run: Run, share: float, running: set[subprocess.Popen]) -> None:
    """Train from the beginning, whatever an earlier demo left in the work dir; ``cost.json`` says what it took."""
    print(f'{run.title}: trains ({run.config.relative_to(ROOT)})', flush=True)
    shutil.rmtree(run.work_dir, ignore_errors=True)
    arguments = [str(run.config), '--work-dir', str(run.work_dir), '--cfg-options', *options(run, share)]
    begin = time.monotonic()
    cpu_seconds = run_tool(run.title, 'train.py', arguments, run.work_dir / 'train.txt', running)
    cost = dict(seconds=time.monotonic() - begin, cpu_seconds=cpu_seconds)
    (run.work_dir / 'cost.json').write_text(json.dumps(cost))
    print(f'{run.title}: trained in {cost["seconds"]:.0f} s ({cpu_seconds:.0f} s of CPU time)', flush=True)


def train_all(runs: Sequence[Run], share: float, processes: int) -> None:
    """Train several at a time, and end all when one fails.

    Args:
        runs (Sequence[Run]): Each after that it starts from, which it waits for.
        share (float): Length, as a share of that of the configs.
        processes (int): How many at a time.

    Raises:
        StepError: If one fails.
    """
    futures: dict[str, Future] = {}
    running: set[subprocess.Popen] = set()

    def turn(run: Run) -> None:
        if run.start:
            futures[run.start.name].result()
        train(run, share, running)

    with ThreadPoolExecutor(processes) as pool:
        for run in runs:
            futures[run.name] = pool.submit(turn, run)
        try:
            for future in as_completed(futures.values()):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                process.terminate()
            raise
