"""Which transforms a config has."""

from collections.abc import Iterable, Iterator
from typing import Any


def dicts_in(config: Any) -> Iterator[dict]:
    """Yield all dicts of a config, however deep they are nested in dicts, lists and tuples."""
    if isinstance(config, dict):
        yield config
        config = list(config.values())
    for part in config if isinstance(config, (list, tuple)) else ():
        yield from dicts_in(part)


def transform_names(config: Any) -> set[str]:
    """Return the names of all components in a config, however deep they are nested.

    Args:
        config (Any): A pipeline or a whole data set: dicts with ``type`` (name or class), built transforms, and
            lists and tuples of these. Other values count for nothing.

    Returns:
        set[str]: Their names as written; of classes and built transforms the name of the class.
    """
    if isinstance(config, dict):
        kind = config.get('type')
        parts: Iterable[Any] = [value for key, value in config.items() if key != 'type']
        name = kind.__name__ if isinstance(kind, type) else str(kind or '')
    elif isinstance(config, (list, tuple)):
        name, parts = '', config
    else:
        name, parts = type(config).__name__ if callable(config) else '', []
    return {name}.union(*map(transform_names, parts)) - {''}
