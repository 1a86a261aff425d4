"""Configs and results of a leaderboard."""

from pathlib import Path
from typing import Any

from benchmarks.leaderboard.results import Result


def write_config(folder: Path, name: str, miou: float, start: str | None = None, more: str = '') -> None:
    """Write a config of a few settings, which tests with ``miou`` where testing is faked."""
    folder.mkdir(parents=True, exist_ok=True)
    hooks = [dict(type='EMAHook')]
    if start is not None:
        hooks.append(dict(type='StageCheckpointHook', config=str(folder / f'{start}.py')))
    text = f'miou = {miou}\ntrain_cfg = dict(max_iters=5)\ncustom_hooks = {hooks}\n{more}\n'
    (folder / f'{name}.py').write_text(text)


def result(method: str = 'mrnet', seed: int = 0, miou: float = 50.0, **more: Any) -> Result:
    """A row of the task 'small'."""
    settings = dict(
        task='small',
        config_hash='0123abcd',
        revision='abc1234',
        device='cpu',
        iterations=5,
        seconds=12.0,
        cpu_seconds=10.0,
        peak_mib=700.0,
        date='2025-01-31',
        iou_per_class={'road': miou + 1, 'car': miou - 1},
        rounds=[],
    )
    return Result(method=method, seed=seed, mIoU=miou, **{**settings, **more})
