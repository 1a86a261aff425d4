"""The shipped configs, for tests that read all of them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mmengine.config import Config

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


METHODS = sorted(path.relative_to(CONFIGS).as_posix() for path in CONFIGS.glob('[!_]*/*.py'))


@cache
def config(name: str) -> Config:
    return Config.fromfile(CONFIGS / name)


ROUNDS = [name for name in METHODS if config(name).get('runner_type') == 'SelfTrainingRunner']


def objective(cfg: Config, kind: str) -> dict:
    return next(objective for objective in cfg.model.objectives if objective.type == kind)


def transform(dataset: dict, kind: str) -> dict:
    return next(step for step in dataset.pipeline if step.type == kind)


def without_helpers(cfg: Config) -> dict:
    """What training and testing read of a config."""
    return {key: value for key, value in cfg.to_dict().items() if key in READ}


READ = (
    'model train_dataloader val_dataloader test_dataloader val_evaluator test_evaluator tta_pipeline optim_wrapper '
    'param_scheduler train_cfg custom_hooks default_hooks'
).split()


def nodes(node: Any) -> Iterator[dict]:
    """All dicts of a config that say of which type they are."""
    if isinstance(node, dict):
        if isinstance(node.get('type'), str):
            yield node
        node = list(node.values())
    for child in node if isinstance(node, (list, tuple)) else ():
        yield from nodes(child)
