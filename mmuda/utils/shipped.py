"""Configs that other configs name: in the working directory, or among the files that mmuda ships."""

from pathlib import Path

from mmengine.config import Config

_PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = _PACKAGE / '.mim' if (_PACKAGE / '.mim').is_dir() else _PACKAGE.parent
"""Folder of ``configs/`` and ``tools/``: in an installed wheel ``mmuda/.mim``, else the repository."""


def find_config(path: str | Path) -> Path:
    """Return where a config is.

    Args:
        path (str or Path): Absolute, or relative to the working directory or to :data:`SHIPPED`, which are searched
            in this order. For example ``configs/mrnet/gta2cs.py``.

    Raises:
        FileNotFoundError: If it is in neither.
    """
    for candidate in (Path(path), SHIPPED / path):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(
        f'there is no config {path}, neither from {Path.cwd()} nor among those of mmuda ({SHIPPED})'
    )


def read_config(path: str | Path) -> Config:
    """Read a config that another one names, with the work dir that training with it uses.

    Without a ``work_dir`` of its own this is ``work_dirs/<config name>``, as in MMSegmentation's tools. It is relative
    to where training is started.

    Args:
        path (str or Path): See :func:`find_config`.

    Raises:
        FileNotFoundError: If it is not found.
    """
    cfg = Config.fromfile(find_config(path))
    if cfg.get('work_dir') is None:
        cfg.work_dir = f'work_dirs/{Path(path).stem}'
    return cfg
