"""Write a page of one or several runs, one file that opens in any browser: curves, pseudo labels, alarms, pictures.

    python tools/report.py work_dirs/mrnet/gta2cs work_dirs/cbst/gta2cs --out report.html --pictures 4

Reads what the runs have left in their work dirs; they may still be running. What is missing is said on the page. See
docs/report.md.
"""

import argparse
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mmuda  # noqa: E402, F401  (makes the stack work: before mmseg)

# isort: split
from mmengine.config import Config  # noqa: E402
from mmengine.device import get_device  # noqa: E402
from mmengine.runner import load_checkpoint  # noqa: E402
from mmseg.apis import init_model  # noqa: E402

from mmuda.compat import CheckpointError  # noqa: E402
from mmuda.engine.checkpoints import latest_checkpoint  # noqa: E402
from mmuda.report.page import write_report  # noqa: E402
from mmuda.report.pictures import Pictures, build_teacher, take_pictures  # noqa: E402
from mmuda.report.run import Run, config_of, read_runs  # noqa: E402

# What models, checkpoints and data that do not fit raise.
NO_PICTURES = (ValueError, OSError, RuntimeError, KeyError, CheckpointError)


def pictures_of(run: Run, number: int, device: str) -> Pictures:
    """Predict images with the last checkpoint of a run.

    Raises:
        ValueError: If there is no checkpoint, or it does not say its classes, or images are missing.
        OSError: If a file cannot be read.
    """
    path = latest_checkpoint(run.work_dir)
    if path is None:
        raise ValueError(f'there is no checkpoint in {run.work_dir} yet')
    config = Config.fromfile(config_of(run.work_dir))
    model = init_model(config, device=device)
    checkpoint = load_checkpoint(model, path, map_location='cpu', logger='silent')
    metainfo = checkpoint.get('meta', {}).get('dataset_meta') or {}
    if not {'classes', 'palette'} <= metainfo.keys():
        raise ValueError(f'{path} does not say its classes and their colors')
    weights = checkpoint.get('teacher', {}).get('state_dict')
    teacher = None if weights is None else build_teacher(config, weights, device)
    return take_pictures(config, model, metainfo, run.labels, number, teacher)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('work_dirs', nargs='+', metavar='WORK_DIR', help='of a training')
    parser.add_argument('--out', type=Path, required=True, metavar='FILE', help='the page, such as report.html')
    parser.add_argument(
        '--pictures',
        type=int,
        default=0,
        metavar='N',
        help='images per run to predict with its last checkpoint; its config is executed. By default none',
    )
    parser.add_argument('--device', default=get_device(), help='for the pictures; by default a GPU where there is one')
    args = parser.parse_args()
    if args.pictures < 0:
        parser.error(f'--pictures {args.pictures}: expected 0 or more')
    if args.out.is_dir():
        parser.error(f'--out {args.out} is a folder, expected the name of a file')
    return args


def main() -> None:
    args = parse_args()
    warnings.filterwarnings('ignore', module='mmseg')  # what stock losses say when a model is built
    try:
        runs, pictures = read_runs(args.work_dirs), {}
        for run in runs if args.pictures else ():
            try:
                pictures[run.name] = pictures_of(run, args.pictures, args.device)
            except NO_PICTURES as error:
                run.notes.append(f'there are no pictures: {error}')
        write_report(args.out, runs, pictures)
    except (ValueError, OSError, ImportError) as error:
        sys.exit(f'report: {error}')
    for run in runs:
        for note in run.notes:
            print(f'{run.name}: {note}')
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')


if __name__ == '__main__':
    main()
