"""The pseudo labels that a run has left."""

from pathlib import Path

from mmengine.config import Config

from mmuda.pseudo_labels.store import PseudoLabelStore


def last_store(config: Config) -> PseudoLabelStore | None:
    """Return the labels that a run of a config made last; None if there are none.

    Args:
        config (Config): Its ``work_dir``, by default that of MMSegmentation's tools, and the stores that it names are
            looked through.
    """
    work_dir = Path(config.get('work_dir') or Path('work_dirs', Path(config.filename).stem))  # as train.py
    labels = (config.get('train_cfg') or {}).get('labels') or {}
    stated = [part.get('store') for part in (labels, *(config.get('custom_hooks') or []))]
    folders = [work_dir / 'pseudo_labels', *work_dir.glob('round_*/pseudo_labels'), *map(Path, filter(None, stated))]
    found = [path for folder in folders for path in folder.rglob(PseudoLabelStore.MANIFEST)]
    return PseudoLabelStore(max(found, key=lambda path: path.stat().st_mtime).parent) if found else None
