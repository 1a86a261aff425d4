"""Metrics get the network, and the class shares of the source."""

from typing import Any

import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.datasets import AdaptationDataset, FolderDataset
from mmuda.datasets.label_statistics.label_sample import sample_labels
from mmuda.engine.hooks.data_summary_hook import image_datasets
from mmuda.evaluation import LabelFreeMetric, NetworkMetric
from mmuda.utils.unwrap import unwrap_segmentor

LABELS = 200  # that are read for class shares, of each data set
NO_SHARES = (
    'LabelFreeMetric: class_balance compares with class shares. Training counts those of the labels of its source, '
    'where it has one; else give class_prior=[...], or leave class_balance out of `scores`'
)


@HOOKS.register_module()
class NetworkMetricHook(Hook):
    """Give the network to the metrics that ask it more than its predictions; without such metrics it does nothing.

    Before training it checks that they can act, and gives ``LabelFreeMetric`` the class shares of the source's labels
    where ``class_balance`` needs them: those of 200 labels, drawn at random, the same in every run.

    Raises:
        ValueError: If a metric cannot act on the network, or there are no class shares.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Find before hours of training what the metrics of the validation cannot do."""
        if runner.val_loop is None:
            return
        self._give(runner, runner.val_evaluator)
        for metric in _metrics(runner.val_evaluator):
            if isinstance(metric, LabelFreeMetric) and metric.needs_prior:
                dataset = runner.train_dataloader.dataset
                parts = dataset.parts() if isinstance(dataset, AdaptationDataset) else {}
                metric.class_prior = label_shares(parts.get('source'))

    def before_val(self, runner: Runner) -> None:
        """Give the network to the metrics of the validation."""
        self._give(runner, runner.val_evaluator)

    def before_test(self, runner: Runner) -> None:
        """Give the network to the metrics of the test."""
        self._give(runner, runner.test_evaluator)
        for metric in _metrics(runner.test_evaluator):
            if isinstance(metric, LabelFreeMetric) and metric.needs_prior:
                raise ValueError(NO_SHARES)

    @staticmethod
    def _give(runner: Runner, evaluator: Any) -> None:
        for metric in _metrics(evaluator):
            metric.set_network(unwrap_segmentor(runner.model))


def label_shares(source: Any) -> list[float]:
    """Return the share of the labeled pixels that each class has.

    Args:
        source (Dataset): A data set, in whatever it is wrapped; 200 labels of each data set in it are read at most.

    Returns:
        list[float]: C shares, of sum 1.

    Raises:
        ValueError: If there are no labels, or none with a class.
        OSError: If a label cannot be read.
    """
    labeled = [
        images
        for images in (image_datasets(source) if source is not None else ())
        if isinstance(images, FolderDataset) and 'seg_map_path' in images.data_prefix
    ]
    if not labeled:
        raise ValueError(NO_SHARES)
    counts = np.sum([sample_labels(images, LABELS, seed=0).pixels for images in labeled], axis=0)
    counts = counts[: len(labeled[0].metainfo['classes'])]
    if not counts.sum():
        raise ValueError('class_balance: no pixel of the source labels has a class')
    return (counts / counts.sum()).tolist()


def _metrics(evaluator: Any) -> list[NetworkMetric]:
    return [metric for metric in evaluator.metrics if isinstance(metric, NetworkMetric)]
