"""Open every file of the data of a config, and say what is wrong and how the domains differ.

Images, labels, depth, and the pseudo labels that were made last. With --pictures also what each pipeline gives the
network, labels over it: OUT/source.png, OUT/target.png, ... Exit code 1 if there are errors, 0 otherwise. Labels of the
target's training images are never opened.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmengine.config import Config  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from mmuda.datasets.doctor.examination import Examination, examine  # noqa: E402
from mmuda.datasets.doctor.splits import splits_of  # noqa: E402
from mmuda.utils.files import replace_file  # noqa: E402

_COLORS = dict(error='red', warning='yellow', note='cyan')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='training config')
    parser.add_argument(
        '--processes', type=int, default=os.cpu_count() or 1, help='that open files; by default one per core'
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write everything that was found')
    parser.add_argument(
        '--measured',
        type=int,
        metavar='N',
        help='images per split of which statistics are made and near-duplicates found; the files of the others are '
        'proved to be sound, where that is possible, without looking at all pixels. By default all',
    )
    parser.add_argument(
        '--pictures', type=int, nargs='?', const=16, metavar='N', help='write sheets of N samples; by default 16'
    )
    parser.add_argument('--out', type=Path, default=Path('checked'), help='folder of the sheets, by default checked')
    parser.add_argument('--show', type=int, default=10, help='findings of one kind and split in the table; default 10')
    return parser.parse_args()


def table(title: str, *columns: str) -> Table:
    made = Table(title=title, title_justify='left')
    for index, column in enumerate(columns):
        made.add_column(column, justify='left' if not index else 'right')
    return made


def show_splits(found: Examination, console: Console) -> None:
    shown = table('Splits', 'split', 'data set', 'images', 'labels', 'sizes')
    for name, split in found.as_dict()['splits'].items():
        sizes = ', '.join(list(split['sizes'])[:3]) + (', ...' if len(split['sizes']) > 3 else '')
        shown.add_row(name, split['dataset'], str(split['images']), str(split['labels']), sizes)
    console.print(shown)


def show_classes(found: Examination, console: Console) -> None:
    labeled = [result for result in found.results if result.shares]
    if not labeled:
        return
    shown = table('Classes, percent of the labeled pixels', 'class', *(result.split.name for result in labeled))
    for name in labeled[0].split.classes:
        shares = [result.shares.get(name) for result in labeled]
        shown.add_row(name, *('' if share is None else f'{100 * share:.2f}' for share in shares))
    console.print(shown)


def show_gap(found: Examination, console: Console) -> None:
    gap = found.gap()
    if not gap:
        return
    title = 'Images, means over a domain; the gap is in standard deviations over the images'
    shown = table(title, '', 'source', 'target', 'gap')
    for name, values in gap.items():
        shown.add_row(name, *(f'{values[key]:.1f}' for key in ('source', 'target')), f'{values["gap"]:+.2f}')
    console.print(shown)


def show_findings(found: Examination, number: int, console: Console) -> None:
    groups = defaultdict(list)
    for finding in found.findings:
        groups[finding.severity, finding.kind, finding.split].append(finding.message)
    for (severity, kind, split), messages in groups.items():
        console.print(f'{severity}: {split}: {kind}', style=_COLORS[severity], markup=False)
        for message in messages[:number]:
            console.print(f'  {message}', markup=False, highlight=False, soft_wrap=True)
        if len(messages) > number:
            console.print(f'  and {len(messages) - number} more; --json FILE has all', markup=False)


def show_pictures(config: Config, out: Path, number: int) -> None:
    from tools.checking.contact_sheets import write_contact_sheets  # not above: worker processes import this file

    try:
        paths, failed = write_contact_sheets(config, out, number)
    except (ValueError, OSError, KeyError, TypeError) as error:  # of data that cannot be built
        sys.exit(f'check_data: no pictures: {error}')
    print('\n'.join([f'pictures: {path}' for path in paths]))
    if failed:
        print(f'pictures: {len(failed)} samples could not be made, first {failed[0]}')


def main() -> None:
    args = parse_args()
    try:
        init_default_scope('mmseg')
        config = Config.fromfile(args.config)
        if args.pictures is not None and args.pictures < 1:
            raise ValueError(f'--pictures {args.pictures}: expected 1 or more')
        found = examine(splits_of(config), args.processes, args.measured)
        if args.json:
            text = json.dumps(dict(config=str(args.config), **found.as_dict()), indent=2) + '\n'
            replace_file(args.json, lambda file: file.write(text.encode()))
    except (ValueError, OSError, BrokenProcessPool) as error:
        sys.exit(f'check_data: {error}')
    console = Console()
    show_splits(found, console)
    show_classes(found, console)
    show_gap(found, console)
    show_findings(found, args.show, console)
    print(
        f'{found.number("error")} errors, {found.number("warning")} warnings; {found.files} files in '
        f'{found.seconds:.1f} s, {found.files / max(found.seconds, 1e-9):.0f} files per second'
    )
    if args.pictures:
        show_pictures(config, args.out, args.pictures)
    sys.exit(found.number('error') > 0)


if __name__ == '__main__':
    main()
