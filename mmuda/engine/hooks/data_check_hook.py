"""Data that a run cannot use, found before it starts."""

import os
from collections.abc import Iterable, Sequence

from mmengine.dataset import BaseDataset
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.datasets import BaseSegDataset
from mmseg.evaluation import IoUMetric
from mmseg.registry import HOOKS

from mmuda.datasets import AdaptationDataset
from mmuda.engine.hooks.data_summary_hook import image_datasets
from mmuda.evaluation import UDAIoUMetric
from mmuda.models.objectives import Objective
from mmuda.models.segmentors import UDASegmentor
from mmuda.utils.isolated_rng import isolated_rng
from mmuda.utils.unwrap import unwrap


@HOOKS.register_module()
class DataCheckHook(Hook):
    """Refuse data that the run cannot use, before anything is labeled or trained.

    Checks that the training data have the views that the objectives read, and loads the first validation image with
    its label. In testing it tells the metric to which folder the files of ``--out`` are relative.

    Raises:
        ValueError: If an objective reads a view that neither the training data nor another objective give, if
            BatchNorm's running statistics are to come from such views alone, or if the first validation image has no
            label of its size.
        OSError: If a file of it cannot be read.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Check the views of the training data, and the validation data."""
        if runner.val_loop is not None:
            check_validation(runner.val_dataloader.dataset, runner.val_evaluator.metrics)
        model = unwrap(runner.model)
        dataset = runner.train_dataloader.dataset
        if not isinstance(model, UDASegmentor) or not isinstance(dataset, AdaptationDataset):
            return
        check_views(dataset.views, model.objectives, model.statistics_views)

    def before_test(self, runner: Runner) -> None:
        """Tell the metrics where the images lie."""
        roots = [
            os.path.abspath(images.data_prefix['img_path'])
            for images in image_datasets(runner.test_dataloader.dataset)
            if isinstance(images, BaseSegDataset)
        ]
        for metric in runner.test_evaluator.metrics:
            if isinstance(metric, UDAIoUMetric) and roots:
                metric.image_root = os.path.commonpath(roots)


def check_validation(dataset: BaseDataset, metrics: Iterable[BaseMetric]) -> None:
    """Load the first validation image, and check its label where a metric needs it.

    Args:
        dataset (BaseDataset): The validation data.
        metrics (Iterable[BaseMetric]): Of the evaluator.

    Raises:
        ValueError: If the pipeline does not pack, or if the label is missing or does not have the image's size.
        OSError: If a file cannot be read.
    """
    with isolated_rng([0]):
        sample = dataset[0]
    if 'data_samples' not in sample:
        raise ValueError(f'val_dataloader: the pipeline gives {sorted(sample)}: end it with dict(type="PackSegInputs")')
    sample = sample['data_samples']
    measured = any(isinstance(metric, (UDAIoUMetric, IoUMetric)) and not metric.format_only for metric in metrics)
    if isinstance(sample, list) or not measured:  # views of test-time augmentation
        return
    if 'gt_sem_seg' not in sample:
        raise ValueError(
            f'val_dataloader: image {sample.img_path} has no label. Give the data set seg_map_path in data_prefix and '
            'a pipeline with LoadLabelIds; without labeled target images set val_dataloader = val_cfg = '
            'val_evaluator = None'
        )
    if sample.gt_sem_seg.shape != tuple(sample.ori_shape):
        raise ValueError(
            f'val_dataloader: image {sample.img_path} has (H, W) = {tuple(sample.ori_shape)}, its label has '
            f'{tuple(sample.gt_sem_seg.shape)} behind the pipeline: load labels behind all resizing'
        )


def check_views(
    available: Sequence[str], objectives: Iterable[Objective], statistics_views: Sequence[str] | None
) -> None:
    """Check that all views are there that a method reads.

    Args:
        available (Sequence[str]): Views of a batch.
        objectives (Iterable[Objective]): The method.
        statistics_views (Sequence[str], optional): As of :class:`~mmuda.models.segmentors.UDASegmentor`.

    Raises:
        ValueError: If a view is missing.
    """
    objectives = list(objectives)
    known = {*available, *(view for objective in objectives for view in objective.made_views)}
    advice = (
        'Give the UDADataset a target, or choose other objectives'
        if 'source' in available and 'target' not in available
        else 'Correct the name of the view'
    )
    for objective in objectives:
        missing = [view for view in objective.views if view not in known]
        if missing:
            raise ValueError(
                f'objective {objective.name!r} reads the views {missing}, the training data give '
                f'{sorted(available)}. {advice}'
            )
    if statistics_views and known.isdisjoint(statistics_views):
        raise ValueError(
            f'model.statistics_views = {tuple(statistics_views)}, but the training data give '
            f'{sorted(available)}: the running statistics of BatchNorm would never move. {advice}'
        )
