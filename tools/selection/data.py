"""The images that checkpoints are scored on, as a config names them."""

from collections.abc import Sequence
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import DATASETS
from torch.utils.data import DataLoader, Subset

from mmuda.datasets.wrappers.unlabeled import build_unlabeled
from mmuda.engine.hooks.network_metric_hook import label_shares

SOURCE_KEY = 'source_val_dataloader'
_LABELS = ('LoadAnnotations', 'LoadLabelIds', 'LoadDepth')


class Images(Subset):
    """Some images of a data set, evenly over it.

    Args:
        dataset (Dataset): All images.
        number (int): How many at most; 0: all.
    """

    def __init__(self, dataset: Any, number: int = 0) -> None:
        total = len(dataset)
        count = min(number or total, total)
        super().__init__(dataset, [index * total // count for index in range(count)])
        self.metainfo = dataset.metainfo

    def full_init(self) -> None:
        """Nothing to do; mmengine calls it."""


def target_images(config: Config, which: str, number: int) -> Images:
    """Return images of the target; their labels are not looked for.

    Args:
        config (Config): Of a training.
        which (str): ``target``, those of training, or ``validation``.
        number (int): How many at most, evenly over all; 0: all.

    Raises:
        ValueError: If the config has none, or no pipeline to test with.
        OSError: If they are not there.
    """
    if which == 'target':
        training = (config.get('train_dataloader') or {}).get('dataset') or {}
        part = training.get('unlabeled') or training.get('target')
        if part is None:
            raise ValueError(
                f'{config.filename} has no target images (train_dataloader.dataset.target): name a config that has '
                'them with --data CONFIG, or take those of the validation, without their labels, by --images validation'
            )
        while part.get('type') == 'PseudoLabelDataset':
            part = part['dataset']
    else:
        part = _labeled_loader(config)['dataset']
    return Images(build_unlabeled(_with_pipeline(part, _test_pipeline(config))), number)


def labeled_loader(config: Config) -> DataLoader:
    """Return the validation images of the target with their labels.

    Raises:
        ValueError: If the config has none.
        OSError: If they are not there.
    """
    loader = Runner.build_dataloader(_labeled_loader(config))
    if 'seg_map_path' not in loader.dataset.get_data_info(0):
        raise ValueError(
            f'{config.filename}: the images of its val_dataloader (or test_dataloader) have no labels: leave out '
            '--with-labels, or name a config with labeled ones by --data CONFIG'
        )
    return loader


def source_loader(config: Config) -> dict | None:
    """Return the config of a loader of source images that training does not see, where there is one.

    It is the key ``source_val_dataloader`` of the config, or that of a ``SourceIoUMetric`` in its evaluator.
    """
    if config.get(SOURCE_KEY):
        return config[SOURCE_KEY]
    evaluators = config.get('val_evaluator') or []
    for metric in [evaluators] if isinstance(evaluators, dict) else evaluators:
        if metric.get('type') == 'SourceIoUMetric':
            return metric['dataloader']
    return None


def source_shares(config: Config) -> list[float]:
    """Return the class shares of the source labels.

    Raises:
        ValueError: If the config has no labeled source.
        OSError: If a label cannot be read.
    """
    source = ((config.get('train_dataloader') or {}).get('dataset') or {}).get('source')
    if source is None or source.get('type') == 'PseudoLabelDataset':
        raise ValueError(
            'it compares with the class shares of the source labels, and the config has no labeled source '
            '(train_dataloader.dataset.source): name one that has it with --data CONFIG'
        )
    return label_shares(DATASETS.build(source))


def _labeled_loader(config: Config) -> dict:
    for key in ('val_dataloader', 'test_dataloader'):
        loader = config.get(key)
        if loader and loader.get('dataset'):
            return loader
    raise ValueError(f'{config.filename} has no val_dataloader and no test_dataloader: name another by --data CONFIG')


def _test_pipeline(config: Config) -> Sequence[dict]:
    pipeline = config.get('test_pipeline')
    if not pipeline:
        dataset = (config.get('val_dataloader') or config.get('test_dataloader') or {}).get('dataset') or {}
        pipeline = dataset.get('pipeline')
    if not pipeline:
        raise ValueError(f'{config.filename} has no test_pipeline, which says how images become inputs')
    return [step for step in pipeline if step['type'] not in _LABELS]


def _with_pipeline(dataset: dict, pipeline: Sequence[dict]) -> dict:
    """Return the config of a data set, wrapped or not, with another pipeline."""
    if 'dataset' in dataset:
        return {**dataset, 'dataset': _with_pipeline(dataset['dataset'], pipeline)}
    if 'datasets' in dataset:
        return {**dataset, 'datasets': [_with_pipeline(part, pipeline) for part in dataset['datasets']]}
    return {**dataset, 'pipeline': list(pipeline)}
