"""What the data are, said before training."""

from collections.abc import Iterator
from logging import Logger
from typing import Any

from mmengine.dataset import ClassBalancedDataset, ConcatDataset, RepeatDataset
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.datasets import AdaptationDataset, DatasetWrapper, FolderDataset
from mmuda.datasets.label_statistics.label_sample import LabelSample, sample_labels

_WRAPPERS = (RepeatDataset, ClassBalancedDataset, DatasetWrapper)


@HOOKS.register_module()
class DataSummaryHook(Hook):
    """Log before training how many images each domain has, which files are left out, and what labels hold.

    Warns of classes that occur in no label, labels that are ignored as a whole, and masks of 0 and 255. Labels are a
    sample, drawn by the seed of the run and read on rank 0. Those of the target's training images are never read.

    Args:
        num_labels (int): Labels per data set that are read. Defaults to 50; 0 reads none.
    """

    priority = 'VERY_HIGH'

    def __init__(self, num_labels: int = 50) -> None:
        if num_labels < 0:
            raise ValueError(f'DataSummaryHook: num_labels = {num_labels}, expected 0 or more')
        self.num_labels = num_labels

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Write the summary."""
        for name, dataset in _domains(runner):
            for images in image_datasets(dataset):
                labeled = self._describe(name, images, runner.logger)
                if labeled and self.num_labels:
                    sample = sample_labels(images, self.num_labels, runner.seed)
                    report(name, sample, len(images), runner.logger)

    @staticmethod
    def _describe(name: str, images: Any, logger: Logger) -> bool:
        if not isinstance(images, FolderDataset):
            logger.info(f'{name}: {type(images).__name__}, {len(images)} images')
            return False
        labeled = 'seg_map_path' in images.data_prefix
        logger.info(
            f'{name}: {type(images).__name__}, {len(images)} {"labeled" if labeled else "unlabeled"} images '
            f'of {images.data_prefix["img_path"]}'
        )
        if images.left_out:
            logger.info(f'{name}: left out: {"; ".join(images.left_out)}')
        return labeled


def report(name: str, sample: LabelSample, total: int, logger: Logger) -> None:
    """Log what labels hold, and warn of what looks wrong.

    Args:
        name (str): Of the data set.
        sample (LabelSample): Labels.
        total (int): Number of labels that there are.
        logger (Logger): Where to.
    """
    which = f'all {total} labels' if sample.number == total else f'{sample.number} of {total} labels, drawn at random'
    logger.info(f'{name}: percent of the pixels in {which}: {sample.shares()}')
    for warning in sample.warnings(which):
        logger.warning(f'{name}: {warning}')


def _domains(runner: Runner) -> Iterator[tuple[str, Any]]:
    training = runner.train_dataloader.dataset
    if isinstance(training, AdaptationDataset):
        yield from training.parts().items()
    else:
        yield 'training', training
    if runner.val_loop is not None:
        yield 'validation', runner.val_dataloader.dataset


def image_datasets(dataset: Any) -> Iterator[Any]:
    """Yield the data sets that hold the images, in whatever they are wrapped."""
    if isinstance(dataset, ConcatDataset):
        for part in dataset.datasets:
            yield from image_datasets(part)
    elif isinstance(dataset, _WRAPPERS):
        yield from image_datasets(dataset.dataset)
    else:
        yield dataset
