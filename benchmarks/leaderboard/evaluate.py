"""Test one checkpoint on the target's validation images, in a process of its own; writes what was measured as JSON.

python benchmarks/leaderboard/evaluate.py CONFIG CHECKPOINT --work-dir DIR --out FILE
"""

import argparse
import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import mmuda  # noqa: E402, F401  (makes the stack work: before mmseg)

# isort: split
import numpy as np  # noqa: E402
import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.runner import Runner  # noqa: E402
from mmseg.registry import RUNNERS  # noqa: E402

from mmuda.compat import safe_load  # noqa: E402
from mmuda.evaluation import UDAIoUMetric  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config')
    parser.add_argument('checkpoint')
    parser.add_argument('--work-dir', required=True)
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args()
    cfg = Config.fromfile(args.config)
    cfg.work_dir, cfg.load_from, cfg.resume = args.work_dir, args.checkpoint, False
    runner = RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)
    metrics = [metric for metric in runner.test_evaluator.metrics if isinstance(metric, UDAIoUMetric)]
    if not metrics:
        sys.exit(f'{args.config}: test_evaluator has no UDAIoUMetric, which the leaderboard reads IoU per class from')
    runner.test()
    iou = {name: None if math.isnan(value) else round(value, 2) for name, value in metrics[0].iou_per_class.items()}
    measured = dict(
        device=torch.cuda.get_device_name() if torch.cuda.is_available() else 'cpu',
        iterations=safe_load(args.checkpoint, map_location='cpu', mmap=True)['meta']['iter'],
        mIoU=round(float(np.nanmean(list(metrics[0].iou_per_class.values()))), 2),
        iou_per_class=iou,
    )
    args.out.write_text(json.dumps(measured))


if __name__ == '__main__':
    main()
