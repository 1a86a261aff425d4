"""A task: a folder of configs, which of them are compared, and which start from which."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from mmengine.config import Config
from mmengine.runner import Runner

from mmuda.utils.shipped import find_config

LIST = 'leaderboard.yml'
# Of a config: what a run reads, without what changes its output alone. Variables that configs inherit from each other
# are no part of the hash, so that a further one does not make all runs old.
READ = {*inspect.signature(Runner.__init__).parameters, 'runner_type', 'model_wrapper_cfg', 'find_unused_parameters'}
READ -= {'work_dir', 'log_level', 'log_processor', 'visualizer', 'experiment_name', 'resume', 'launcher', 'self'}
OUTPUT_HOOKS = ('logger', 'visualization', 'network_metric')


class TaskError(ValueError):
    """A task folder, its list or one of its configs cannot be used; the message says which and why."""


@dataclass(frozen=True)
class Group:
    """Rows that are compared with each other: methods, and the references that they are read beside.

    Attributes:
        title (str): Of the tables; empty where the task has one group.
        methods (dict[str, str]): Title of the row by config name, in the order of the table.
        source_only (str, optional): Config of the training on the source from which methods start.
        trained_on (str, optional): Config of source only, trained for the further iterations of the methods.
        oracle (str, optional): Config that is trained on the labels of the target: not a method.
    """

    title: str
    methods: dict[str, str]
    source_only: str | None = None
    trained_on: str | None = None
    oracle: str | None = None

    @property
    def rows(self) -> dict[str, str]:
        """Title by config name: the references before and after the methods."""
        return {
            **({self.source_only: 'source only'} if self.source_only else {}),
            **({self.trained_on: 'source only, trained on'} if self.trained_on else {}),
            **self.methods,
            **({self.oracle: 'oracle: trained on labels of the target'} if self.oracle else {}),
        }

    @property
    def notes(self) -> list[str]:
        """What is left out because a reference is not named."""
        left_out = dict(
            source_only='its line in the plot is left out',
            trained_on='the share of the gap is left out',
            oracle='the share of the gap is left out',
        )
        where = f'"{self.title}"' if self.title else 'The task'
        return [f'{where} has no `{key}`: {what}.' for key, what in left_out.items() if getattr(self, key) is None]


class Task:
    """The configs of one folder, and the rows of its leaderboard.

    ``leaderboard.yml`` in the folder says the rows (see :func:`read_groups`). Without it all configs of the folder are
    rows: the references are those named ``source_only``, ``source_continued`` and ``oracle``, all others are methods.
    What a run starts from is read from its config. Configs are read once, when the task is.

    Args:
        folder (Path): Folder with one config per method, ``<method>.py``.
        amp (bool): Whether training is in mixed precision by ``--amp``. Defaults to False.

    Attributes:
        broken (dict[str, str]): What is wrong with the config of a row, or one it starts from, where something is.

    Raises:
        TaskError: If there is no such folder, it has no configs, or its list is wrong.
    """

    def __init__(self, folder: Path, amp: bool = False) -> None:
        self.folder, self.amp = folder, amp
        self.name = folder.resolve().name
        self.title = self.name
        configs = sorted(path.stem for path in folder.glob('*.py'))
        if not configs:
            raise TaskError(f'{folder} has no configs: --task is a folder with one <method>.py per method')
        path = folder / LIST
        if path.is_file():
            self.title, self.groups = read_groups(path, configs)
        else:
            self.groups = [group_by_names(configs)]
        self._config = cache(self._read_config)
        self._starts = cache(self._read_starts)
        self.broken: dict[str, str] = {}
        for method in self.rows:
            try:
                self.config_hash(method)
            except TaskError as error:
                self.broken[method] = str(error)

    @property
    def rows(self) -> list[str]:
        """Configs of all rows, each once."""
        return list(dict.fromkeys(name for group in self.groups for name in group.rows))

    def path(self, method: str) -> Path:
        """Return the config of a method."""
        return self.folder / f'{method}.py'

    def starts(self, method: str) -> dict[str, str]:
        """Return from which methods a run starts, by the setting that says in which work dir their checkpoint is.

        Raises:
            TaskError: If it starts from a config outside the folder.
        """
        return self._starts(method)

    def config_hash(self, method: str, chain: tuple[str, ...] = ()) -> str:
        """Return a hash of what a run reads from its config, and of the same of the runs that it starts from.

        Neither code nor data are part of it.

        Args:
            method (str): Name of the config.
            chain (tuple[str, ...]): The methods that start from this one, against circles.

        Raises:
            TaskError: If a method starts from itself, over others or not.
        """
        if method in chain:
            raise TaskError(f'{self.path(method)} starts from itself: {" <- ".join((*chain, method))}')
        cfg = _what_a_run_reads(self._config(method))
        starts = [self.config_hash(start, (*chain, method)) for start in self.starts(method).values()]
        text = json.dumps([cfg, self.amp, starts], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def changed(self, method: str) -> str | None:
        """Return what has happened to a config, or to one it starts from, since the task was read; None if nothing."""
        for name in (method, *self.starts(method).values()):
            try:
                same = _what_a_run_reads(self._read_config(name)) == _what_a_run_reads(self._config(name))
            except TaskError as error:
                return str(error)
            if not same:
                return f'{self.path(name)} was changed since this program started: start it again'
        return None

    def _read_config(self, method: str) -> dict[str, Any]:
        try:
            return Config.fromfile(self.path(method)).to_dict()
        except Exception as error:  # whatever a config does
            raise TaskError(f'{self.path(method)} cannot be read: {error}') from error

    def _read_starts(self, method: str) -> dict[str, str]:
        cfg = self._config(method)
        labels = (cfg.get('train_cfg') or {}).get('labels') or {}
        named = {
            f'custom_hooks.{index}': hook
            for index, hook in enumerate(cfg.get('custom_hooks') or [])
            if hook['type'] == 'StageCheckpointHook'
        }
        named |= {
            f'train_cfg.labels.teachers.{index}': teacher
            for index, teacher in enumerate(labels.get('teachers') or [])
            if 'config' in teacher and teacher.get('checkpoint') is None  # else a file, or published weights
        }
        return {f'{key}.work_dir': self._method_of(part['config'], method, key) for key, part in named.items()}

    def _method_of(self, config: str, method: str, key: str) -> str:
        where = f'{self.path(method)}: {key}.config={config!r}'
        try:
            path = find_config(config).resolve()
        except FileNotFoundError as error:
            raise TaskError(f'{where}: {error}') from error
        if path.parent != self.folder.resolve():
            raise TaskError(
                f'{where} is not in {self.folder}. Methods of a leaderboard start from each other, so that the start '
                'has the same seed; for one checkpoint of elsewhere set load_from'
            )
        return path.stem


def read_groups(path: Path, configs: list[str]) -> tuple[str, list[Group]]:
    """Read the rows of a task.

    Args:
        path (Path): ``leaderboard.yml``: ``title`` of the task, and ``groups``, a list of :class:`Group` with the
            attributes as keys.
        configs (list[str]): Names that exist.

    Returns:
        tuple[str, list[Group]]: Title and groups.

    Raises:
        TaskError: If it is no such file; names the key.
    """
    try:
        read = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise TaskError(f'{path} is no YAML: {error}') from error
    if not isinstance(read, Mapping) or not read.get('groups') or set(read) - {'title', 'groups'}:
        raise TaskError(f'{path}: expected the keys title and groups')
    groups = []
    for index, group in enumerate(read['groups']):
        allowed = [field.name for field in fields(Group)]
        if set(group) - set(allowed) or not isinstance(group.get('methods'), Mapping):
            raise TaskError(f'{path}: groups[{index}] has {", ".join(group)}; allowed: {", ".join(allowed)}')
        groups.append(Group(**{'title': '', **group}))
        for name in groups[-1].rows:
            if name not in configs:
                raise TaskError(f'{path}: groups[{index}] names {name}, but there is no {path.with_name(name)}.py')
    return read.get('title', path.parent.resolve().name), groups


def group_by_names(configs: list[str]) -> Group:
    """Return the rows of a folder without a list, by the names of its configs."""
    references = dict(source_only='source_only', trained_on='source_continued', oracle='oracle')
    found = {key: name for key, name in references.items() if name in configs}
    return Group('', {name: name.replace('_', ' ') for name in configs if name not in found.values()}, **found)


def _what_a_run_reads(config: Mapping[str, Any]) -> dict[str, Any]:
    read = {key: value for key, value in config.items() if key in READ}
    hooks = {key: value for key, value in config.get('default_hooks', {}).items() if key not in OUTPUT_HOOKS}
    return {**read, 'default_hooks': hooks}
