"""The leaderboard of a task: trains its methods over several seeds and writes what they reach.

    python benchmarks/adaptation.py --task configs/toy
    python benchmarks/adaptation.py --task configs/toy --seeds 0 1 2 --methods mrnet dacs --processes 2
    python benchmarks/adaptation.py --task configs/toy --report

A task is a folder with a config per method and, beside them, ``leaderboard.yml``, which says the rows; without it all
configs are rows. Each config is trained by ``tools/train.py`` in a process of its own, with one thread where
OMP_NUM_THREADS is not set, and its last checkpoint is tested on the target's validation images. A run waits for those
that it starts from; such runs that have no checkpoint here are run, too.

Each finished run is one row of the file of results, and all tables are made from that file. A run that has its row is
not repeated, one that was stopped is continued. A run whose config was changed, or that of a run it starts from, counts
as another one; code and data do not. The page <task>.md and the plot <task>.png are written beside the file.

The exit code is 1 if a run failed, and 130 if the program was stopped.
"""

import argparse
import signal
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import mmuda  # noqa: E402, F401  (makes the stack work)

# isort: split
from benchmarks.leaderboard.report import write_report  # noqa: E402
from benchmarks.leaderboard.results import Result, append_result, read_results  # noqa: E402
from benchmarks.leaderboard.runs import Run, Runs, plan, run_all  # noqa: E402
from benchmarks.leaderboard.task import Task, TaskError  # noqa: E402
from mmuda.compat import CheckpointError  # noqa: E402


def parse_args(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--task', type=Path, required=True, help='folder of the configs')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument('--methods', nargs='+', metavar='METHOD', help='names of configs; by default all rows')
    parser.add_argument('--processes', type=int, default=2, help='runs at a time; by default 2')
    parser.add_argument('--results', type=Path, default=ROOT / 'docs' / 'benchmarks' / 'results.csv')
    parser.add_argument('--root', type=Path, default=Path('work_dirs', 'benchmark'), help='for what the runs leave')
    parser.add_argument('--amp', action='store_true', help='train in mixed precision, as with tools/train.py --amp')
    parser.add_argument('--report', action='store_true', help='run nothing, only write the page and the plot')
    args = parser.parse_args(arguments)
    if args.processes < 1:
        parser.error('--processes must be at least 1')
    return args


def say(text: str) -> None:
    print(time.strftime('%H:%M:%S'), text, flush=True)


def run(task: Task, args: argparse.Namespace) -> bool:
    """Run what has no row yet; whether all of it succeeded."""
    unknown = [method for method in args.methods or [] if method not in task.rows]
    if unknown:
        raise TaskError(f'{args.task} has no row {", ".join(unknown)}; it has: {", ".join(task.rows)}')
    runs = Runs(task, args.root.resolve())
    known = {result.key for result in read_results(args.results)}

    def has_row(run: Run) -> bool:
        return (task.name, run.method, run.seed, task.config_hash(run.method)) in known

    def finished(run: Run, result: Result) -> None:
        append_result(args.results, result)
        say(f'{run.method}, seed {run.seed}: mIoU {result.mIoU:.2f}, {result.seconds:.0f} s')

    methods = args.methods or task.rows
    broken = [method for method in methods if method in task.broken]
    for method in broken:
        say(f'{method}: {task.broken[method]}')
    asked = [Run(method, seed) for seed in args.seeds for method in methods if method not in broken]
    ordered, added = plan(asked, has_row, runs)
    present = sum(has_row(each) for each in asked)
    say(f'{task.name}: {len(ordered)} to run, {present} of {len(asked)} have their row in {args.results}')
    for each, needed_by in added.items():
        why = 'which has its row but no checkpoint here' if has_row(each) else 'which was not asked for'
        say(f'{each.method}, seed {each.seed}, {why}, is run too: {needed_by.method} starts from it')
    failed = run_all(ordered, runs, args.processes, finished, say)
    if failed:
        say(f'{len(failed)} of {len(ordered)} failed: ' + ', '.join(f'{each.method} {each.seed}' for each in failed))
    return not failed and not broken


def report(task: Task, args: argparse.Namespace) -> None:
    for note in write_report(task, read_results(args.results), args.seeds, args.results):
        say(note)


def main(arguments: list[str] | None = None) -> int:
    args = parse_args(arguments)
    status = 0
    try:
        task = Task(args.task, args.amp)
        try:
            if not args.report:
                status = 0 if run(task, args) else 1
        except KeyboardInterrupt:
            say('stopped; the same command continues')
            status = 130
        report(task, args)
    except (TaskError, CheckpointError, ValueError, OSError) as error:
        print(f'{Path(__file__).name}: {error}', file=sys.stderr)
        return 1
    return status


if __name__ == '__main__':
    warnings.formatwarning = lambda message, *rest: f'{message}\n'
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as a key press does
    sys.exit(main())
