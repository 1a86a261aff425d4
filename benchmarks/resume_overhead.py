"""What resuming at a high iteration costs: time to the first batch, fresh and resumed, in one run.

    python benchmarks/resume_overhead.py --iteration 10000

Uses ``configs/toy/mrnet.py`` and the toy data in ``data/toy`` (``python tools/make_toy_data.py``). The
checkpoint is one of a two-iteration run, told that it is of the iteration asked for.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.hooks import Hook  # noqa: E402
from mmengine.runner import Runner  # noqa: E402

import mmuda  # noqa: E402, F401


class FirstIteration(Hook):
    """Note when the first batch is there."""

    priority = 'VERY_LOW'
    seconds = None

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        if self.seconds is None:
            self.seconds = time.monotonic() - self.start


def train(work_dir: Path, max_iters: int, resume: bool, name: str) -> float:
    cfg = Config.fromfile(ROOT / 'configs' / 'toy' / 'mrnet.py')
    cfg.merge_from_dict(
        {
            'work_dir': str(work_dir),
            'resume': resume,
            'experiment_name': name,
            'log_level': 'ERROR',
            'train_cfg.max_iters': max_iters,
            'default_hooks.checkpoint.interval': 2,
        }
    )
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator'):
        cfg.pop(key)
    hook = FirstIteration()
    hook.start = time.monotonic()
    runner = Runner.from_cfg(cfg)
    runner.register_hook(hook)
    runner.train()
    return hook.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--iteration', type=int, default=10000)
    iteration = parser.parse_args().iteration
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder) / 'warm', 1, False, 'warm')
        fresh = train(Path(folder) / 'run', 2, False, 'fresh')
        path = Path(folder) / 'run' / 'iter_2.pth'
        checkpoint = torch.load(path, weights_only=False)  # written above by this very process
        checkpoint['samples_drawn'] *= iteration // checkpoint['meta']['iter']
        checkpoint['meta']['iter'] = iteration
        torch.save(checkpoint, path)
        resumed = train(Path(folder) / 'run', iteration + 2, True, 'resumed')
    print(
        f'first batch after {fresh:.2f} s fresh, {resumed:.2f} s resumed at iteration {iteration}: '
        f'{resumed - fresh:+.2f} s'
    )


if __name__ == '__main__':
    main()
