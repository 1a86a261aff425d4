"""Choose a checkpoint without labels of the target: score all of a work dir, or of several.

    python tools/select_checkpoint.py WORK_DIR [WORK_DIR ...] [--metric class_balance] [--out scores.csv]

The scores are those of LabelFreeMetric and, where the config has `source_val_dataloader`, the mIoU on the source; the
higher, the better. Images are those of the target's training data, whose labels are never looked for.

By default class_balance chooses, where all checkpoints have it: it lost least where it was measured. It compares with
the labels of the source; without these mutual_information chooses, which needs nothing but the predictions.

With --with-labels the labels of the validation evaluate the scores, not the choice: rank correlation with the true mIoU
within each run and over all, and the mIoU that choosing by a score loses. --add reads tables that --out has written
before, so that correlations over many runs need no second look at them:

    python tools/select_checkpoint.py --add one.csv two.csv --with-labels
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mmuda  # noqa: E402, F401  (makes the stack work: before mmseg)

# isort: split
from mmengine.device import get_device  # noqa: E402
from mmengine.logging import MMLogger  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from rich.console import Console  # noqa: E402

from tools.selection.data import target_images  # noqa: E402
from tools.selection.ranking import TRUTH, Row, best, by_run, judge, known  # noqa: E402
from tools.selection.runs import Run, find_run, read_config  # noqa: E402
from tools.selection.scoring import ALL, Scorer  # noqa: E402
from tools.selection.tables import (  # noqa: E402
    check_suffix,
    read_rows,
    show_choices,
    show_judgement,
    show_rows,
    write_rows,
)

DEFAULTS = 'class_balance', 'mutual_information'  # the first that all checkpoints have
WIDTH = 200  # of tables that are not on a terminal


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('work_dirs', nargs='*', type=Path, metavar='WORK_DIR', help='of trainings, of any methods')
    parser.add_argument(
        '--metric', choices=ALL, help=f'that chooses; by default the first of {", ".join(DEFAULTS)} that all have'
    )
    parser.add_argument('--scores', nargs='+', choices=ALL, default=list(ALL), help='to measure; by default all')
    parser.add_argument('--data', metavar='CONFIG', help='score all on the data of this config, not on those of each')
    parser.add_argument(
        '--images',
        choices=('target', 'validation'),
        default='target',
        help='which images of the target, without their labels: those of training (default) or of the validation',
    )
    parser.add_argument('--num-images', type=int, default=200, help='evenly over all; default 200, 0 for all')
    parser.add_argument('--with-labels', action='store_true', help='evaluate the scores by the validation labels')
    parser.add_argument('--add', nargs='+', type=Path, default=[], metavar='FILE', help='tables written by --out')
    parser.add_argument(
        '--out', type=Path, metavar='FILE', help='write the table: .csv, or .json with all that is found'
    )
    parser.add_argument('--device', default=get_device(), help='by default a GPU where there is one')
    args = parser.parse_args()
    if not args.work_dirs and not args.add:
        parser.error('expected a WORK_DIR, or tables with --add')
    if args.num_images < 0:
        parser.error(f'--num-images {args.num_images}: expected 0 or more')
    if args.work_dirs and args.metric and args.metric not in args.scores:
        parser.error(f'--metric {args.metric} is not among --scores {" ".join(args.scores)}')
    return args


def score(args: argparse.Namespace, runs: Sequence[Run], rows: list[Row]) -> None:
    """Add the rows of all runs; after each run the table is written."""
    data = read_config(Path(args.data)) if args.data else None
    for run in runs:  # before the first is scored
        target_images(data or run.config, args.images, args.num_images)
    for run in runs:
        print(f'{run.name}: {len(run.checkpoints)} checkpoints, {run.path.name}')
        scorer = Scorer(
            run, data or run.config, args.scores, args.images, args.num_images, args.with_labels, args.device
        )
        for name, reason in scorer.left_out.items():
            print(f'{run.name}: without {name}: {reason}')
        rows += scorer.scores()
        if args.out:
            write_rows(args.out, rows, summary(rows, choosing_metric(args.metric, rows), args.with_labels), ALL)


def choosing_metric(asked: str | None, rows: Sequence[Row]) -> str | None:
    """Return the score that chooses: the one that was asked for, or the first of the defaults that all rows have.

    Where they have none of these, another that all have; None where there is none.
    """
    if asked is not None:
        return asked
    return next((name for name in (*DEFAULTS, *ALL) if all(known(row, name) for row in rows)), None)


def check_once(names: Sequence[str]) -> None:
    """Refuse a run that is given twice, which would count twice.

    Raises:
        ValueError: If there is one.
    """
    twice = sorted(name for name, number in Counter(names).items() if number > 1)
    if twice:
        raise ValueError(f'{", ".join(twice)} is given twice, as a work dir or in a table of --add')


def summary(rows: Sequence[Row], metric: str | None, with_labels: bool) -> dict[str, Any]:
    """Return what is found in the rows, as JSON values."""
    groups = {**by_run(rows), 'all': list(rows)}
    choices: dict[str, Any] = {}
    for group, of_group in groups.items():
        taken = {name: best(of_group, name) for name in ALL}
        choices[group] = {name: f'{row["run"]}/{row["checkpoint"]}' for name, row in taken.items() if row is not None}
    found: dict[str, Any] = dict(metric=metric, choices=choices)
    if with_labels:
        found['evaluation'] = {name: judge(rows, name) for name in ALL if any(known(row, name, TRUTH) for row in rows)}
    return found


def show(args: argparse.Namespace, rows: Sequence[Row], metric: str) -> None:
    """Print everything."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    show_rows(rows, ALL, console)
    if len(by_run(rows)) > 1:
        show_choices(rows, ALL, console)
    if args.with_labels:
        show_judgement(rows, ALL, console)
    runs = by_run(rows)
    for run, of_run in runs.items():
        chosen = best(of_run, metric)
        print(
            f'{run}: {"nothing, as no checkpoint has it" if chosen is None else "take " + chosen["checkpoint"]}, '
            f'by {metric}'
        )
    if len(runs) > 1 and (chosen := best(rows, metric)) is not None:
        print(f'of all: take {chosen["run"]}/{chosen["checkpoint"]}, by {metric}')


def main() -> None:
    args = parse_args()
    init_default_scope('mmseg')
    MMLogger.get_instance('select_checkpoint', log_level='ERROR')
    rows: list[Row] = []
    try:
        if args.out:
            check_suffix(args.out)
        for path in args.add:
            rows += read_rows(path, ALL)
        runs = [find_run(work_dir) for work_dir in args.work_dirs]
        check_once([run.name for run in runs] + list(by_run(rows)))
        score(args, runs, rows)
        if args.with_labels and not any(known(row, TRUTH) for row in rows):
            raise ValueError('--with-labels: the tables have no mIoU: write them with --with-labels')
        if args.out and not runs:
            write_rows(args.out, rows, summary(rows, choosing_metric(args.metric, rows), args.with_labels), ALL)
        metric = choosing_metric(args.metric, rows)
        if metric is None:
            raise ValueError('there is no score that all checkpoints have: choose with --metric')
        if not any(known(row, metric) for row in rows):
            raise ValueError(f'--metric {metric}: no checkpoint has it')
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'select_checkpoint: {error}')
    show(args, rows, metric)


if __name__ == '__main__':
    main()
