"""What adaptation does, in minutes on a CPU: toy data, six trainings, a table, pictures and a page.

Trains on toy "GTA5" -> "Cityscapes" through the same ``tools/train.py`` and configs (``configs/toy``) that real runs
use, only shorter, two trainings at a time: source only; from its end MRNet and from that its second stage,
MRNet+Rectifying; as controls source only, trained on for as long as each; and an oracle, which sees the labels of the
target. Every run starts afresh in its work dir.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import mmuda  # noqa: E402, F401  (makes the stack work: before mmseg)

# isort: split
from mmengine.logging import MMLogger  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from mmuda.toy_data import write_toy_data  # noqa: E402
from mmuda.visualization import comparison_figure  # noqa: E402
from tools.demonstration.findings import Finding, Pictures, uncertainty  # noqa: E402
from tools.demonstration.page import COLUMNS, table_rows, write_demo_page  # noqa: E402
from tools.demonstration.runs import TRAINING_ORDER, StepError, demo_runs, train_all  # noqa: E402


def draw(findings: dict[str, Finding], pictures: Pictures, pseudo_labels: Path, path: Path) -> None:
    """Compare the models image by image; ``adaptation.png`` beside ``path`` has fewer columns."""
    compared = {title: findings[title] for title in ('source only', 'MRNet', 'MRNet+Rectifying', 'oracle')}
    rows = []
    for index in pictures.busiest(4):
        row = pictures.row(index, compared, pseudo_labels)
        maps = {'uncertainty of MRNet': uncertainty(findings['MRNet'].model, pictures.target[index])}
        rows.append({**row, **maps})
    classes = pictures.classes, pictures.palette
    few = ('target image', 'source only', 'MRNet', 'MRNet+Rectifying', 'labels')
    comparison_figure(
        [{title: row[title] for title in few} for row in rows[:3]], *classes, path.with_name('adaptation.png')
    )
    comparison_figure(rows, *classes, path)


def show(work_dir: Path) -> None:
    """Evaluate what was trained; print the table, write pictures and page."""
    print('Evaluates, draws ...', flush=True)
    MMLogger.get_instance('demo', log_level='ERROR')  # without the tables of each evaluation
    runs = demo_runs(work_dir)
    findings = {title: Finding.of(run) for title, run in runs.items()}
    pictures, pseudo_labels = Pictures(runs['MRNet']), runs['MRNet+Rectifying'].work_dir / 'pseudo_labels'
    draw(findings, pictures, pseudo_labels, work_dir / 'comparison.png')
    page = write_demo_page(work_dir / 'demo.html', findings, pictures, pseudo_labels)
    table = Table(title='IoU on the target in percent, toy "GTA5" to "Cityscapes"', title_justify='left')
    for column in COLUMNS:
        table.add_column(column, justify='left' if column == COLUMNS[0] else 'right')
    for row in table_rows(findings):
        table.add_row(*row)
    Console().print(table)
    print(f'Picture: {work_dir / "comparison.png"}\nPage, opens in any browser: {page}')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work-dir', type=Path, default=ROOT / 'work_dirs' / 'demo', help='for everything made')
    parser.add_argument('--share', type=float, default=0.3, help='length of the trainings, as a share of the configs')
    parser.add_argument('--processes', type=int, default=2, help='trainings at a time, of one thread each')
    parser.add_argument('--show', action='store_true', help='train nothing: table, pictures and page of the last demo')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    work_dir = args.work_dir.resolve()
    os.chdir(ROOT)  # the configs name the data from here
    warnings.filterwarnings('ignore', module='mmseg')  # what stock losses say when a model is built
    try:
        print(f'Toy data: {write_toy_data(ROOT / "data" / "toy")}', flush=True)
        if not args.show:
            runs = demo_runs(work_dir)
            train_all([runs[title] for title in TRAINING_ORDER], args.share, args.processes)
        show(work_dir)
    except (StepError, OSError, ImportError) as error:
        sys.exit(f'demo: {error}')


if __name__ == '__main__':
    main()
