"""What lies in work dirs and checkpoints."""
import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.runner import find_latest_checkpoint


def latest_checkpoint(work_dir: str) -> str | None:
    """Return the last checkpoint of a work dir, also of one that was moved or copied since.

    mmengine notes the path at which it was saved; a file of this name in the work dir itself comes first.
    """
    noted = find_latest_checkpoint(work_dir)
    if noted is None:
        return None
    here = Path(work_dir, Path(noted).name)
    return str(here) if here.is_file() else noted


def read_settings(text: str, names: Sequence[str]) -> dict[str, Any]:
    """Read settings from a config's text as mmengine writes it, without executing any of it.

    Args:
        text (str): ``Config.pretty_text``: assignments of numbers, strings, lists, tuples and ``dict(key=value)``.
        names (Sequence[str]): Of the settings.

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
                if name in names:
                    found[name] = _literal(statement.value)
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return {}
    return found


def _literal(node: ast.expr) -> Any:
    """As ``ast.literal_eval``, which knows no ``dict(key=value)``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict':
        pairs = {keyword.arg: _literal(keyword.value) for keyword in node.keywords}
        return dict(*map(_literal, node.args), **pairs)
    if isinstance(node, ast.Dict):
        return {ast.literal_eval(key): _literal(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, ast.List | ast.Tuple):
        values = [_literal(value) for value in node.elts]
        return values if isinstance(node, ast.List) else tuple(values)
    return ast.literal_eval(node)
