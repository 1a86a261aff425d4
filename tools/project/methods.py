"""The methods that a project can have: the configs of a small task, and what each of them starts from."""

import re
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import yaml
from mmengine.config import Config

from mmuda.utils.shipped import SHIPPED

TASK = 'camvid'
"""A task of own images without depth. A method that has a config there can be chosen."""

_TASK_FOLDER = SHIPPED / 'configs' / TASK
_DATA = f'../_base_/datasets/{TASK}_193x257.py'
_CLASSES = 'model = dict(segmentor=dict(decode_head=dict(num_classes=11))'
_MODEL = re.compile(rf'^{re.escape(_CLASSES)}(?:, objectives=(.*))?\)$', re.MULTILINE)
_NEEDED = re.compile(rf"'(?:configs/{TASK}|\.)/(\w+)\.py'")
_SOURCE_ONLY = 'train_dataloader = _base_.source_only'
_RARE = """objectives = {objectives}
model = dict(
    _base_.network,
    objectives=[
        dict(objectives[0], class_weights=dict(objectives[0].class_weights, min_pixels=_base_.min_pixels)),
        *objectives[1:],
    ],
)"""
_NO_VALIDATION = 'val_dataloader = val_cfg = val_evaluator = None  # no labels of the target'


def methods() -> list[str]:
    """Names of all methods, the source alone among them."""
    return sorted(path.stem for path in _TASK_FOLDER.glob('*.py'))


def needed(method: str) -> list[str]:
    """Configs that a method inherits, starts from, or has as teachers."""
    return sorted({*_NEEDED.findall(_text(method))})


def stages(method: str) -> int:
    """Number of trainings that go before a method, one after the other; 0 for the source alone."""
    return max((stages(each) + (f"'./{each}.py'" not in _text(method)) for each in needed(method)), default=0)


def with_what_they_need(chosen: Iterable[str]) -> list[str]:
    """Return methods, what they need, and what they are compared with, each after those that it needs.

    Compared with: the configs of the source alone that are trained for as many stages at most.

    Args:
        chosen (Iterable[str]): Names of methods.

    Raises:
        ValueError: If there is no method of a name.
    """
    unknown = [name for name in chosen if name not in methods()]
    if unknown:
        raise ValueError(f'--method {unknown[0]}: there is none of this name; known: {", ".join(methods())}')
    most = max(stages(name) for name in chosen)
    wanted = [*chosen, *(name for name in methods() if _SOURCE_ONLY in _text(name) and stages(name) <= max(most, 1))]
    graph: dict[str, list[str]] = {}
    while wanted:
        name = wanted.pop()
        if name not in graph:
            graph[name] = needed(name)
            wanted += graph[name]
    order = TopologicalSorter(dict(sorted(graph.items())))
    return sorted(order.static_order(), key=lambda name: (stages(name), _SOURCE_ONLY not in _text(name)))


def config_text(method: str, name: str, base: str, validated: bool, optimized: bool) -> str:
    """Return the config of a method of a project.

    Args:
        method (str): Its name.
        name (str): Of the project.
        base (str): Relative path of the folder ``configs/_base_`` of mmuda from that of the project.
        validated (bool): Whether there are labeled images of the target.
        optimized (bool): Whether the network says how its backbone learns.

    Raises:
        ValueError: If the config of the small task has another form than this function knows.
    """
    text = re.sub(',? on the small network', '', _text(method)).replace('the small network', 'the network')
    if _DATA in text:
        model = _MODEL.search(text)
        if model is None:
            raise ValueError(f'{_TASK_FOLDER / method}.py: expected the line {_CLASSES}), or with objectives')
        lines = [
            _model_text(method, model[1]),
            *([] if validated else [_NO_VALIDATION]),
            *(['optim_wrapper = _base_.optimization'] if optimized else []),
        ]
        text = text.replace(model[0], '\n'.join(lines))
        text = text.replace(_DATA, './_base_/network.py').replace('../_base_/methods/', f'{base}/methods/')
    text = text.replace(f'configs/{TASK}/', f'configs/{name}/').replace(f'work_dirs/{TASK}/', f'work_dirs/{name}/')
    if TASK in text:
        raise ValueError(f'{_TASK_FOLDER / method}.py names {TASK} where this tool does not look')
    return text


def leaderboard_text(title: str, written: Iterable[str]) -> str:
    """Return the ``leaderboard.yml`` of a project: the rows of the small task whose configs were written."""
    task = yaml.safe_load((_TASK_FOLDER / 'leaderboard.yml').read_text())
    group: Mapping = task['groups'][0]
    references = {key: value for key, value in group.items() if key != 'methods'}
    titles = {method: group['methods'].get(method, method.replace('_', ' ')) for method in written}
    rows = {method: row for method, row in titles.items() if method not in references.values()}
    return yaml.safe_dump(dict(title=title, groups=[dict(**references, methods=rows)]), sort_keys=False)


def _model_text(method: str, objectives: str | None) -> str:
    """Return the model of a method: with class weights those of the project's crops."""
    if 'class_weights' in Config.fromfile(_TASK_FOLDER / f'{method}.py').model.objectives[0]:
        return _RARE.format(objectives=objectives or '_base_.model.objectives')
    return f'model = dict(_base_.network, objectives={objectives})' if objectives else 'model = _base_.network'


def _text(method: str) -> str:
    return Path(_TASK_FOLDER, f'{method}.py').read_text()
