"""The mIoU on labeled source images, beside whatever is validated."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.runner import Runner
from mmseg.models.segmentors.base import BaseSegmentor
from mmseg.registry import METRICS

from mmuda.evaluation.label_free.image_prediction import NO_NETWORK
from mmuda.evaluation.label_free.network_metric import NetworkMetric
from mmuda.evaluation.uda_iou_metric import UDAIoUMetric


@METRICS.register_module()
class SourceIoUMetric(NetworkMetric):
    """mIoU on images of the source that training does not see, as ``label_free/source_mIoU`` in percent.

    It stands in ``val_evaluator`` beside others: when the images of ``val_dataloader`` are done, the network predicts
    those of ``dataloader``. That the best on the source is good on the target, too, is to be hoped for where the
    domains are near: it says nothing of the gap between them.

    Args:
        dataloader (dict): Config of a data loader, as ``val_dataloader``: a labeled data set with a test pipeline.
        collect_device (str): 'cpu' or 'gpu', how ranks exchange results. Defaults to 'cpu'.
        prefix (str, optional): Put before the returned name. Defaults to ``label_free``.

    Example of a config::

        dict(type='SourceIoUMetric', dataloader=dict(
            batch_size=1, num_workers=1, sampler=dict(type='DefaultSampler', shuffle=False),
            dataset=dict(type='GTADataset', data_root='data/gta_val', pipeline=test_pipeline)))
    """

    def __init__(self, dataloader: dict, collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self._config = dataloader
        self._loader: Any = None

    @property
    def loader(self) -> Any:
        """DataLoader: Of the source images; made at the first request."""
        if self._loader is None:
            self._loader = Runner.build_dataloader(self._config)
        return self._loader

    def set_network(self, network: BaseSegmentor) -> None:
        """Set the network; builds the data and checks that they have its classes."""
        classes, predicted = self.loader.dataset.metainfo['classes'], network.decode_head.num_classes
        if predicted != len(classes):
            raise ValueError(
                f'SourceIoUMetric: the head predicts {predicted} classes, the source images are of a data set of '
                f'{len(classes)}: {", ".join(classes)}. Give it metainfo=dict(classes=...)'
            )
        self.network = network

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Nothing is taken of the images of the validation."""

    @torch.no_grad()
    def evaluate(self, size: int) -> dict[str, float]:
        """Predict the source images; ``size`` is that of the validation and not read."""
        if self.network is None:
            raise RuntimeError(f'SourceIoUMetric: {NO_NETWORK}')
        metric = UDAIoUMetric(collect_device=self.collect_device, prefix=self.prefix)
        metric.dataset_meta = self.loader.dataset.metainfo
        for batch in self.loader:
            metric.process(batch, [sample.to_dict() for sample in self.network.test_step(batch)])
        print_log('on the source:', 'current')
        return {f'{self.prefix}/source_mIoU': metric.evaluate(len(self.loader.dataset))[f'{self.prefix}/mIoU']}

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Not used: :meth:`evaluate` asks another metric."""
        raise NotImplementedError
