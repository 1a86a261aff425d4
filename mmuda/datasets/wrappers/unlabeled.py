"""Building a data set so that it knows nothing of its labels."""

import copy

from mmengine.dataset import BaseDataset
from mmseg.registry import DATASETS


def build_unlabeled(config: dict) -> BaseDataset:
    """Build a data set without its labels, as if they were not on the disk.

    Wrappers with ``dataset`` or ``datasets`` (``RepeatDataset``, ``ConcatDataset``) are followed down.

    Args:
        config (dict): Data set config; ``seg_map_path`` in its ``data_prefix`` is dropped before any folder
            is looked at.

    Returns:
        BaseDataset: The data set; none of its entries has ``seg_map_path``.
    """
    config = copy.deepcopy(config)
    if 'dataset' in config:
        config['dataset'] = build_unlabeled(config['dataset'])
        return DATASETS.build(config)
    if 'datasets' in config:
        config['datasets'] = [build_unlabeled(part) for part in config['datasets']]
        return DATASETS.build(config)
    dataset = DATASETS.build({**config, 'lazy_init': True})
    dataset.data_prefix.pop('seg_map_path', None)
    dataset.full_init()
    return dataset
