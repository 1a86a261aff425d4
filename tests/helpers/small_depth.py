"""The full-size configs of ADVENT, DADA, CTRL and Depth Distribution, shrunk so that a test can run them."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.config import Config

from tests.helpers.tiny import REPO

SIZE, GRID = (96, 64), (9, 13)  # (width, height) of images, (height, width) of the network's outputs


def small_published(data: Path, work_dir: Path, name: str, **options: Any) -> Config:
    """A full-size config with its objectives, hooks, optimizer and schedules, on few small images; two iterations.

    Args:
        data (Path): Toy data with the domains that the config reads.
        work_dir (Path): Of the run.
        name (str): ``dada/synthia2cs``, say.
        **options: Dotted keys to set, with ``__`` instead of dots.
    """
    cfg = Config.fromfile(REPO / 'configs' / f'{name}.py')
    cfg.work_dir = str(work_dir)
    cfg.experiment_name = uuid.uuid4().hex  # mmengine keeps its singletons under this name
    cfg.log_level = 'WARNING'
    cfg.env_cfg.cudnn_benchmark = False
    cfg.train_cfg['iterations' if 'iterations' in cfg.train_cfg else 'max_iters'] = 2
    cfg.model.segmentor.backbone.update(depth=50, base_channels=4, stem_channels=4, init_cfg=None)
    _shrink_head(cfg.model.segmentor.decode_head)
    for part in parts_of([cfg.model, cfg.train_dataloader, cfg.train_cfg, cfg.get('custom_hooks', [])]):
        _shrink(part, data)
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type != 'StageCheckpointHook']
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator', 'test_dataloader', 'test_cfg', 'test_evaluator'):
        cfg.pop(key)
    cfg.train_dataloader.update(num_workers=0, persistent_workers=False)
    del cfg.default_hooks['visualization']
    cfg.merge_from_dict({key.replace('__', '.'): value for key, value in options.items()})
    return cfg


def parts_of(node: Any) -> Iterator[dict]:
    """All dicts of a config."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    for child in node if isinstance(node, (list, tuple)) else ():
        yield from parts_of(child)


def _shrink_head(head: dict) -> None:
    head.update(in_channels=128, dilations=(1, 2))
    sizes = dict(
        AdventHead=dict(aux_channels=64) if 'aux_channels' in head else {},
        DepthFusionHead=dict(hidden_channels=16, depth_channels=8),
        CrossTaskHead=dict(hidden_channels=16, depth_channels=8),
        DensityHead=dict(hidden_channels=16, encoded_channels=8),
    )
    head.update(sizes[head.type])


def _shrink(part: dict, data: Path) -> None:
    if 'data_root' in part:
        part['data_root'] = part['data_root'].replace('data/', f'{data}/')
    if 'grid' in part:
        part['grid'] = GRID
    if 'scale' in part:
        part['scale'] = SIZE
    if part.get('type') == 'FCDiscriminator':
        part['base_channels'] = 4
    if 'min_pixels' in part:
        part['min_pixels'] = [2] * len(part['min_pixels'])
    if 'indices' in part:
        del part['indices']
