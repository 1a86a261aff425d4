"""Settings in the text of a config."""

import ast
from collections.abc import Sequence
from typing import Any


def read_settings(text: str, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Read settings from a config's text as mmengine writes it, without executing any of it.

    Args:
        text (str): ``Config.pretty_text``: assignments of numbers, strings, lists, tuples and ``dict(key=value)``.
        names (Sequence[str], optional): Of the settings. Defaults to None: all.

    Returns:
        dict[str, Any]: Those that are there and can be read.

    Example:
        >>> read_settings('model = dict(type="FCNHead", sizes=(1, 2))', ['model'])
        {'model': {'type': 'FCNHead', 'sizes': (1, 2)}}
    """
    found = {}
    try:
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                name = statement.targets[0].id
                if names is None or name in names:
                    found[name] = _literal(statement.value)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):  # the last of deep nesting
        return {}
    return found


def _literal(node: ast.expr) -> Any:
    """As ``ast.literal_eval``, which knows no ``dict(key=value)``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict':
        pairs = {keyword.arg: _literal(keyword.value) for keyword in node.keywords}
        return dict(*map(_literal, node.args), **pairs)  # type: ignore[arg-type]  # a TypeError for dict(**more)
    if isinstance(node, ast.Dict):
        items = zip(node.keys, node.values)
        return {ast.literal_eval(key): _literal(value) for key, value in items}  # type: ignore[arg-type]  # {**more}
    if isinstance(node, ast.List | ast.Tuple):
        values = [_literal(value) for value in node.elts]
        return values if isinstance(node, ast.List) else tuple(values)
    return ast.literal_eval(node)
