"""Work dirs as a training leaves them, without a training."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmuda.pseudo_labels import PseudoLabelStore

CLASSES = ('road', 'sky', 'car')
CONFIG = "default_scope = 'mmseg'\nmodel = dict(type='UDASegmentor')\ntrain_cfg = dict(max_iters=40)\n"
LINE = '2026/01/01 00:00:00 - mmengine - INFO - '
RULE = '-' * 60
ENVIRONMENT = f"""{LINE}
{RULE}
System environment:
    sys.platform: linux
    PyTorch: 2.0.0
    PyTorch compiling details: PyTorch built with:
  - GCC 13.3
  - Build settings: many

    MMEngine: 0.10.7

Runtime environment:
    seed: 0
{RULE}
"""


def write_work_dir(
    work_dir: Path,
    scalars: Sequence[Mapping[str, Any]] = ({'loss': 2.0, 'lr': 0.1, 'step': 20}, {'loss': 1.0, 'lr': 0.0, 'step': 40}),
    evaluations: Sequence[Mapping[str, float]] = (),
    config: str = CONFIG,
) -> Path:
    """Write config, scalars and log of one start of a run.

    Args:
        work_dir (Path): Where.
        scalars (Sequence[Mapping]): Lines of ``scalars.json``.
        evaluations (Sequence[Mapping]): IoU of each class, in percent, of each evaluation.
        config (str): Text of the config.
    """
    started = work_dir / '20260101_000000'
    (started / 'vis_data').mkdir(parents=True)
    (started / 'vis_data' / 'config.py').write_text(config)
    (started / 'vis_data' / 'scalars.json').write_text(''.join(f'{json.dumps(line)}\n' for line in scalars))
    tables = ''.join(map(class_table, evaluations))
    (started / '20260101_000000.log').write_text(f'{ENVIRONMENT}{LINE}Config:\n{config}{tables}')
    return work_dir


def class_table(iou: Mapping[str, float]) -> str:
    """The table of an evaluation, as UDAIoUMetric logs it."""
    rule = '+-------+-------+-------+\n'
    rows = ''.join(f'| {name:5} | {value:5} |  50.0 |\n' for name, value in iou.items())
    return f'{LINE}per class results:\n{LINE}\n{rule}| Class |  IoU  |  Acc  |\n{rule}{rows}{rule}{LINE}the end\n'


def write_labels(
    root: Path, labels: Sequence[np.ndarray], confidence: float = 0.8, labeler: dict | None = None, **summary: Any
) -> PseudoLabelStore:
    """Write a complete store of the images 0.png, 1.png, ...

    Args:
        root (Path): Its folder.
        labels (Sequence[np.ndarray]): (H, W) of each image.
        confidence (float): Of all pixels.
        labeler (dict, optional): Its description. Defaults to one with a threshold.
        **summary: What the store counts.
    """
    store = PseudoLabelStore(root)
    labeler = labeler or dict(type='ConfidenceLabeler', threshold=0.9)
    store.open(dict(classes=CLASSES, labeler=labeler, num_images=len(labels)))
    for number, label in enumerate(labels):
        store.write(f'{number}.png', dict(label=label, confidence=np.full(label.shape, confidence)))
    store.write_summary(summary)
    store.finish()
    return store


def write_round(work_dir: Path, index: int, labels: Sequence[np.ndarray], **summary: Any) -> None:
    """Write the labels and the summary of a round."""
    folder = work_dir / f'round_{index}'
    write_labels(folder / 'pseudo_labels', labels, thresholds_used=[0.9, 0.8, 1.0])
    plan = dict(index=index, begin=20 * index, end=20 * (index + 1), target_portion=0.2, num_source=4, classes=CLASSES)
    (folder / 'round.json').write_text(json.dumps(dict(plan, **summary)))


def label(*shares: float, size: tuple[int, int] = (20, 50)) -> np.ndarray:
    """A label map of which the classes 0, 1, ... have these shares, the rest without a label."""
    values = np.full(size, 255, np.uint8)
    ends = np.rint(np.cumsum(shares) * values.size).astype(int)
    for index, (begin, end) in enumerate(zip([0, *ends], ends)):
        values.ravel()[begin:end] = index
    return values
