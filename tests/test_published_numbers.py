"""Every full-size config, merged and built, against the numbers of its method card (tests/published_numbers)."""

import inspect
from collections.abc import Callable
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS, HOOKS, MODELS, OPTIMIZERS, PARAM_SCHEDULERS, TASK_UTILS, TRANSFORMS
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmuda.engine.self_training import SelfTrainingLoop
from mmuda.engine.self_training.schedules import SourceSchedule

REPO = Path(__file__).resolve().parents[1]
METHODS = ('mrnet', 'mc_dropout', 'cbst', 'crst', 'dacs', 'ensemble', 'advent', 'dada', 'ctrl', 'depth_distribution')
NAMES = [f'{method}/{path.name}' for method in METHODS for path in sorted((REPO / 'configs' / method).glob('*.py'))]
ROWS = [
    row
    for method in METHODS
    for row in yaml.safe_load((REPO / 'tests' / 'published_numbers' / f'{method}.yml').read_text())
]
REGISTRIES = (MODELS, TRANSFORMS, DATASETS, HOOKS, PARAM_SCHEDULERS, OPTIMIZERS, TASK_UTILS)
POINTS = ('begin', 'end', 'warmup_iters', 'max_iters')  # of training
FREE, ABSENT = 'free', 'absent'


@cache
def config(name: str) -> Config:
    return Config.fromfile(REPO / 'configs' / name)


def names_it(patterns: list[str], name: str) -> bool:
    wanted = any(fnmatch(name, pattern) for pattern in patterns if not pattern.startswith('!'))
    return wanted and not any(fnmatch(name, pattern[1:]) for pattern in patterns if pattern.startswith('!'))


def numbers(name: str) -> dict[str, Any]:
    """All numbers of a config: later rows replace those of earlier ones.

    What is free or absent there takes the numbers below its address with it.
    """
    merged: dict[str, Any] = {}
    for row in ROWS:
        if names_it(row['configs'], name):
            gone = [key for key, value in row['numbers'].items() if value in (FREE, ABSENT)]
            places = tuple(key + mark for key in gone for mark in '/.')
            merged = {key: value for key, value in merged.items() if not key.startswith(places)}
            merged.update(row['numbers'])
    return {key: value for key, value in merged.items() if value != FREE}


# What stands in a config ----------------------------------------------------------------------------------------------
def default(kind: str, argument: str) -> Any:
    """Default of an argument of a registered class or one of its bases."""
    cls = next(cls for registry in REGISTRIES if (cls := registry.get(kind)) is not None)
    for base in cls.__mro__:
        parameter = inspect.signature(base.__init__).parameters.get(argument)
        if parameter is not None:
            return parameter.default
    raise AssertionError(f'{kind} has no argument {argument!r}')


def setting(node: Any, path: str) -> Any:
    """The value at a dotted path below a node; what is not set is the default of the node's class."""
    for key in path.split('.'):
        if key in node:
            node = node[key]
        elif 'type' in node:
            node = default(node['type'], key)
        else:
            kind = SourceSchedule if 'portion' in node else SelfTrainingLoop
            parameter = inspect.signature(kind.__init__).parameters.get(key)
            assert parameter is not None, f'{path}: there is no {key!r}, and no default'
            node = parameter.default
    return node


def pipeline(dataset: Any) -> list[dict]:
    return [] if dataset is None else dataset.pipeline


def parts(cfg: Config, place: str) -> list[dict]:
    data = cfg.train_dataloader.dataset
    schedule = cfg.get('param_scheduler') or []
    return dict(
        objectives=lambda: cfg.model.objectives,
        hooks=lambda: [*cfg.get('custom_hooks', []), *cfg.default_hooks.values()],
        schedule=lambda: schedule if isinstance(schedule, list) else [schedule],
        source=lambda: pipeline(data.source),
        target=lambda: pipeline(data.target),
        unlabeled=lambda: pipeline(data.unlabeled),
        val=lambda: cfg.val_dataloader.dataset.pipeline,
        teachers=lambda: cfg.train_cfg.labels.teachers,
    )[place]()


PLACES = ('objectives', 'hooks', 'schedule', 'source', 'target', 'unlabeled', 'val', 'teachers')


def in_place(cfg: Config, key: str) -> Any:
    """What ``<place>``, ``<place>/<type>`` or ``<place>/<type>.<argument>`` says; ``<type>:<view>`` is one of two."""
    place, _, rest = key.partition('/')
    nodes = parts(cfg, place)
    if not rest:
        return [node.get('name') if place == 'teachers' else node['type'] for node in nodes] or ABSENT
    kind, _, path = rest.partition('.')
    kind, _, view = kind.partition(':')
    found = [node for node in nodes if node['type'] == kind and view in ('', node.get('view'))]
    if not found:
        return ABSENT
    values = [setting(node, path) for node in found]
    return only(values, key)


def only(values: list, key: str) -> Any:
    assert values and all(value == values[0] for value in values), f'{key}: {values}'
    return values[0]


def length(cfg: Config) -> int:
    return cfg.train_cfg.max_iters if 'max_iters' in cfg.train_cfg else cfg.train_cfg.iterations


def iterations(value: float | None, cfg: Config) -> int:
    """A point of training that may be a share of it, or, with nothing said, its end."""
    if value is None or value > 10**8:
        return length(cfg)
    return round(value * length(cfg)) if isinstance(value, float) else value


def walk(node: Any) -> list[dict]:
    """All dicts of a config that say of which type they are."""
    if isinstance(node, dict):
        return ([node] if isinstance(node.get('type'), str) else []) + walk(list(node.values()))
    return [found for child in node for found in walk(child)] if isinstance(node, (list, tuple)) else []


def views(cfg: Config) -> dict[str, Any]:
    """Of ``tools/test.py --tta``."""
    nodes = walk(cfg.tta_pipeline)
    resizes = [node for node in nodes if node['type'] == 'Resize']
    return {
        'tta.scales': [node.get('scale') for node in resizes],
        'tta.factors': [node.get('scale_factor') for node in resizes],
        'tta.flip': {node['prob'] for node in nodes if node['type'] == 'RandomFlip'} == {0.0, 1.0},
    }


# What is built --------------------------------------------------------------------------------------------------------
PARTS: dict[str, Callable[[str], bool]] = dict(
    head=lambda name: 'decode_head' in name,
    backbone=lambda name: 'backbone' in name,
    shortcut=lambda name: 'backbone' in name and 'downsample' in name,
    block=lambda name: 'backbone.layer' in name and 'downsample' not in name,
    stem=lambda name: 'backbone' in name and '.layer' not in name,
    biases=lambda name: name.endswith('bias'),
    weights=lambda name: name.endswith('weight'),
)


BUILT: dict[str, tuple[nn.Module, dict[str, dict]]] = {}  # many configs have the same network and optimizer


def built(name: str) -> tuple[nn.Module, dict[str, dict]]:
    """The model of a config in training mode, without storage, and the optimizer's settings of each trained parameter.

    A parameter that the optimizer does not have, or that is frozen, has none.
    """
    cfg = config(name)
    key = repr((cfg.model.segmentor, cfg.optim_wrapper))
    if key not in BUILT:
        BUILT[key] = build(cfg)
    return BUILT[key]


def build(cfg: Config) -> tuple[nn.Module, dict[str, dict]]:
    init_default_scope('mmseg')
    stores = cfg.model.segmentor.backbone.type in ('MixVisionTransformer', 'SwinTransformer')  # small, and read numbers
    with torch.device('cpu' if stores else 'meta'):
        model = MODELS.build(cfg.model)
    groups = build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups
    options = {id(parameter): group for group in groups for parameter in group['params']}
    trained = {
        key: options[id(parameter)]
        for key, parameter in model.named_parameters()
        if parameter.requires_grad and id(parameter) in options
    }
    return model.train(), trained


def rate(name: str, key: str, part: str) -> float:
    groups = [group for parameter, group in built(name)[1].items() if PARTS[part](parameter)]
    return only([group.get(key, 1) for group in groups], f'{key} of {part}')


def norms(name: str) -> list[tuple[str, _BatchNorm]]:
    return [(key, module) for key, module in built(name)[0].named_modules() if isinstance(module, _BatchNorm)]


def affine(name: str) -> bool:
    return only([f'{key}.weight' in built(name)[1] for key, _ in norms(name) if 'backbone' in key], 'norm.affine')


def statistics(name: str) -> bool:
    return only([module.training for key, module in norms(name) if 'backbone' in key], 'norm.statistics')


# The comparison -------------------------------------------------------------------------------------------------------
def found(name: str, key: str, want: Any) -> Any:
    """What the config says at an address."""
    cfg = config(name)
    if key in ('lr', 'weight_decay', 'repeat'):
        return {part: rate(name, key, part) for part in want}
    special = {
        'length': lambda: length(cfg),
        'norm.affine': lambda: affine(name),
        'norm.statistics': lambda: statistics(name),
    }
    if key in special:
        return special[key]()
    if key.startswith('tta.'):
        return views(cfg)[key]
    value = in_place(cfg, key) if key.partition('/')[0] in PLACES else setting(cfg, key)
    return iterations(value, cfg) if key.rpartition('.')[2] in POINTS and value != ABSENT else value


def plain(value: Any) -> Any:
    """Tuples as lists, and whole floats as they compare."""
    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, (list, tuple)) else value


def agrees(got: Any, want: Any) -> bool:
    if isinstance(want, dict):
        return got == pytest.approx(want, rel=1e-9)
    return got == want


@pytest.mark.parametrize('name', NAMES)
def test_numbers(name):
    pairs = {key: (plain(found(name, key, want)), want) for key, want in numbers(name).items()}
    wrong = {
        key: f'{got} in the config, {want} on the card' for key, (got, want) in pairs.items() if not agrees(got, want)
    }
    assert wrong == {}


@pytest.mark.parametrize('name', NAMES)
def test_every_config_has_numbers(name):
    assert len(numbers(name)) >= 10 or 'cbst/' in name and 'mit-b0' in name


@pytest.mark.parametrize('row', ROWS, ids=lambda row: row['configs'][0])
def test_every_row_has_configs(row):
    assert any(names_it(row['configs'], name) for name in NAMES)
