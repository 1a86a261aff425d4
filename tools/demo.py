"""The plugin in a few minutes on a CPU: toy data, three trainings, a table and a picture.

Trains source-only, MRNet stage 1 and MRNet+Rectifying on toy "GTA5" -> "Cityscapes" through the same
``tools/train.py`` and ``tools/test.py`` that real runs use. Every run starts afresh in its work dir.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import mmuda  # noqa: E402, F401  (makes the stack work: before mmseg)

# isort: split
import numpy as np  # noqa: E402
import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.dataset import pseudo_collate  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmengine.runner import find_latest_checkpoint, load_checkpoint  # noqa: E402
from mmseg.models.utils import resize  # noqa: E402
from mmseg.registry import DATASETS, MODELS  # noqa: E402
from PIL import Image  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from mmuda.pseudo_labels import PseudoLabelStore, disagreement  # noqa: E402
from mmuda.toy_data import write_toy_data  # noqa: E402
from mmuda.visualization import comparison_figure  # noqa: E402

PROGRESS = (
    (
        re.compile(r'Iter\(train\)\s*\[\s*(\d+)/(\d+)\].*?eta: (\S+).*?\bloss: (\S+)'),
        'iteration {}/{}, remaining {}, loss {}',
    ),
    (re.compile(r'^\[[> ]*\]\s*(\d+)/(\d+), .*ETA:\s*(\S+)'), 'pseudo label {}/{}, remaining {}'),
)  # lines of mmengine's log -> what is shown


class StepError(RuntimeError):
    """A step of the demo failed; the message says which and where its log is."""


@dataclass
class Run:
    """One training: a title for people, a config and the work dir."""

    title: str
    config: Path
    work_dir: Path
    start: 'Run | None' = None  # the stage whose last checkpoint this one starts from
    miou: float = float('nan')
    seconds: float = 0.0

    @property
    def checkpoint(self) -> str:
        """Last checkpoint of the training."""
        path = find_latest_checkpoint(str(self.work_dir))
        if path is None:
            raise StepError(f'{self.title}: the training left no checkpoint in {self.work_dir}')
        return path


def describe_progress(line: str) -> str | None:
    """What a line of the log says about progress, None if nothing."""
    for pattern, text in PROGRESS:
        match = pattern.search(line)
        if match:
            return text.format(*match.groups())
    return None


def run_tool(title: str, tool: str, arguments: list[str], log: Path) -> None:
    """Run a script of ``tools/``; its output goes to a file, its progress to the screen."""
    command = [sys.executable, str(ROOT / 'tools' / tool), *arguments]
    environment = {**os.environ, 'PYTHONUNBUFFERED': '1', 'PYTHONWARNINGS': 'ignore'}
    live, tail, shown = sys.stdout.isatty(), [], 0.0
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open('w') as file,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        for line in process.stdout:
            file.write(line)
            tail = [*tail[-19:], line]
            text = describe_progress(line)
            if text and (live or time.monotonic() - shown > 10):
                shown = time.monotonic()
                print(
                    f'\r  {title}: {text:<70}' if live else f'  {title}: {text}', end='' if live else '\n', flush=True
                )
    if live and shown:
        print()
    if process.returncode:
        raise StepError(
            f'{title}: {" ".join(command)} failed with status {process.returncode}. '
            f'Its output is in {log}; the end of it:\n\n{"".join(tail)}'
        )


def train(run: Run, iterations: int) -> None:
    """Train from the beginning, whatever an earlier demo left in the work dir.

    ``iterations`` are those of source-only; the others' are in proportion to their configs.
    """
    shutil.rmtree(run.work_dir, ignore_errors=True)
    options = [f'load_from={run.start.checkpoint}'] if run.start else []
    config, full = Config.fromfile(run.config), Config.fromfile(ROOT / 'configs' / 'toy' / 'source_only.py')
    length = iterations * config.train_cfg.max_iters // full.train_cfg.max_iters
    options += [f'train_cfg.max_iters={length}', f'train_cfg.val_interval={length}']
    arguments = [str(run.config), '--work-dir', str(run.work_dir), '--cfg-options', *options]
    begin = time.monotonic()
    run_tool(
        f'train {run.title}',
        'train.py',
        arguments,
        run.work_dir / 'train.txt',
    )
    run.seconds = time.monotonic() - begin


def test(run: Run) -> None:
    """Test on the target's validation images; fills in ``run.miou``, in percent."""
    folder = run.work_dir / 'test'
    run_tool(
        f'test {run.title}',
        'test.py',
        [str(run.config), run.checkpoint, '--work-dir', str(folder)],
        folder / 'test.txt',
    )
    results = sorted(folder.glob('*/*.json'))
    if not results:
        raise StepError(f'test {run.title}: no result file in {folder}')
    run.miou = json.loads(results[-1].read_text())['mIoU']


def target_images(run: Run) -> tuple[torch.utils.data.Dataset, list[str]]:
    """Target training images with their truth (for the picture alone), and their names in a store."""
    config = Config.fromfile(run.config)
    images = DATASETS.build(config.train_dataloader.dataset.source)
    dataset = config.test_dataloader.dataset
    dataset.data_prefix = dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train')
    return DATASETS.build(dataset), [images.relative_path(k) for k in range(len(images))]


def load_model(run: Run) -> torch.nn.Module:
    """The trained model, in evaluation mode."""
    model = MODELS.build(Config.fromfile(run.config).model)
    load_checkpoint(model, run.checkpoint, map_location='cpu', logger='silent')
    return model.eval()


@torch.no_grad()
def uncertainty(model: torch.nn.Module, batch: dict) -> torch.Tensor:
    """(H, W) disagreement of the two classifiers, in [0, 1]."""
    inputs = model.data_preprocessor(batch, False)['inputs']
    logits = model.decode_head(model.extract_feat(inputs))
    return resize(disagreement(**logits)[:, None], inputs.shape[2:], mode='bilinear', align_corners=True)[0, 0]


def draw(runs: list[Run], path: Path, rows: int = 4) -> Path:
    """Compare the models on unlabeled target training images; ``adaptation.png`` beside ``path`` has fewer columns."""
    init_default_scope('mmseg')
    dataset, names = target_images(runs[-1])
    store = PseudoLabelStore(runs[-1].work_dir / 'pseudo_labels')
    models = [load_model(run) for run in runs]
    table = []
    for k in [i * len(dataset) // rows for i in range(rows)]:
        sample = dataset[k]
        row = dict(
            image=sample['inputs'].permute(1, 2, 0).flip(-1).numpy(),
            truth=sample['data_samples'].gt_sem_seg.data[0].numpy(),
        )
        for run, model in zip(runs, models):
            prediction = model.test_step(pseudo_collate([sample]))[0]
            row[run.title] = prediction.pred_sem_seg.data[0].numpy()
        row['pseudo label'] = np.array(Image.open(store.label_path(names[k])))
        row['uncertainty'] = uncertainty(models[-2], pseudo_collate([sample])).numpy()
        table.append(row)
    classes = dataset.metainfo['classes'], dataset.metainfo['palette']
    small = [
        {'target image': row['image'], 'source only': row['source only'], 'MRNet': row['MRNet'], 'labels': row['truth']}
        for row in table[:3]
    ]
    comparison_figure(small, *classes, path.with_name('adaptation.png'))
    return comparison_figure(table, *classes, path)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work-dir', type=Path, default=ROOT / 'work_dirs' / 'demo', help='for everything made')
    parser.add_argument(
        '--iterations', type=int, default=1500, help='of source-only (config: 3000); the others in proportion'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    configs, work_dir, console = ROOT / 'configs' / 'toy', args.work_dir.resolve(), Console()
    source_only = Run('source only', configs / 'source_only.py', work_dir / 'source_only')
    mrnet = Run('MRNet', configs / 'mrnet.py', work_dir / 'mrnet', source_only)
    rectified = Run('MRNet + Rectifying', configs / 'mrnet_rectified.py', work_dir / 'mrnet_rectified', mrnet)
    runs = [source_only, mrnet, rectified]
    os.chdir(ROOT)  # the configs name the data from here
    warnings.filterwarnings('ignore', module='mmseg')  # what stock losses say when a model is built
    try:
        print(f'Toy data: {write_toy_data(ROOT / "data" / "toy")}', flush=True)
        for number, run in enumerate(runs, 1):
            print(f'[{number}/{len(runs)}] {run.title} ({run.config.relative_to(ROOT)})', flush=True)
            train(run, args.iterations)
            test(run)
            print(f'  {run.title}: mIoU {run.miou:.1f} on the target', flush=True)
        picture = draw(runs, work_dir / 'comparison.png')
    except (StepError, OSError) as error:
        sys.exit(f'demo: {error}')
    table = Table(title='mIoU on the target, toy GTA5 -> Cityscapes', title_justify='left', min_width=48)
    for column in ('method', 'mIoU', 'training (s)'):
        table.add_column(column, justify='left' if column == 'method' else 'right')
    for run in runs:
        table.add_row(run.title, f'{run.miou:.1f}', f'{run.seconds:.0f}')
    console.print(table)
    print(f'Picture: {picture}')


if __name__ == '__main__':
    main()
