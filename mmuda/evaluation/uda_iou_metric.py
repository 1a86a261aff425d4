import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_dist_info
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger, print_log
from mmseg.registry import METRICS
from PIL import Image
from prettytable import PrettyTable
from torch import Tensor

from mmuda.evaluation.confusion import confusion_matrix
from mmuda.evaluation.protocols import protocol_indices

RESERVED_KEYS = ('aAcc', 'mIoU', 'mAcc')


@METRICS.register_module()
class UDAIoUMetric(BaseMetric):
    """mIoU of a whole data set and of class subsets, from one confusion matrix.

    The values are those of mmseg's ``IoUMetric`` (which sums in float32 and loses exactness above 2^24
    pixels per class); the matrix is counted in one pass, in int64, on the prediction's device, and
    its size does not grow with the data set. A class that occurs neither in the labels nor in the
    predictions has IoU NaN and is left out of means. Labels that are no class count nowhere (mmseg
    counts the predictions on them, unless they equal ``ignore_index``).

    Several processes: mmengine's ``DefaultSampler`` pads the last round over the ranks with
    repeated images; these are dropped, as :class:`mmengine.evaluator.BaseMetric` drops them. As
    there, image k of rank r must be image ``k * world_size + r`` of the data set, each rank
    padded by at most one image.

    Args:
        ignore_index (int): Label that does not count. Defaults to 255.
        protocols (dict, optional): Further means, by the name under which they are returned: a name
            from :mod:`mmuda.evaluation.protocols` ('synthia16', 'synthia13', 'cityscapes19', 'all') or
            a list of class names or indices, e.g. ``dict(mIoU16='synthia16', mIoU13='synthia13')``.
            The other classes' pixels stay in the matrix and count as false positives of the
            listed ones. Defaults to None.
        output_dir (str, optional): Where to write predictions as PNG; made if absent. Subfolders are those of the
            images. ``tools/test.py --out`` sets it; images without labels are then written and not measured.
            Defaults to None.
        format_only (bool): Only write predictions: no labels are needed and nothing is measured.
            Defaults to False.
        collect_device (str): 'cpu' or 'gpu', how ranks exchange results. Defaults to 'cpu'.
        prefix (str, optional): Put before the returned names. Defaults to None.
        keep_results (bool): Accepted because ``tools/test.py --out`` sets it, and not used.

    Attributes:
        iou_per_class (dict[str, float]): IoU in percent per class name, of the last evaluation.
        image_root (str, optional): Folder to which subfolders in ``output_dir`` are relative; ``DataCheckHook`` sets
            it. Without it all predictions are written into one folder.

    Raises:
        ValueError: For a protocol that does not fit the data set's classes, ``format_only`` without
            ``output_dir``, a prediction that does not have its label's size, or two that would be one file.
    """

    def __init__(
        self,
        ignore_index: int = 255,
        protocols: Mapping[str, str | Sequence[int] | Sequence[str]] | None = None,
        output_dir: str | None = None,
        format_only: bool = False,
        collect_device: str = 'cpu',
        prefix: str | None = None,
        keep_results: bool = False,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.ignore_index = ignore_index
        self.protocols = dict(protocols or {})
        for key in self.protocols:
            if key in RESERVED_KEYS:
                raise ValueError(f'UDAIoUMetric: protocols key {key!r} is the name of a standard value')
        if format_only and output_dir is None:
            raise ValueError('UDAIoUMetric: format_only=True needs output_dir')
        self.output_dir = Path(output_dir) if output_dir is not None else None
        self.format_only = format_only
        self.iou_per_class: dict[str, float] = {}
        self.image_root: str | None = None
        self._dataset_meta: dict = {}
        self._selected: dict[str, list[int]] = {}
        self._total: Tensor | None = None
        self._last: Tensor | None = None  # apart from the total, as it may turn out to be padding
        self._num_images = 0
        self._unlabeled = False
        self._written: dict[Path, str] = {}

    @property
    def dataset_meta(self) -> dict:
        """Meta information of the data set; setting it checks the protocols against its classes."""
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        if 'classes' not in dataset_meta:
            raise ValueError('UDAIoUMetric: the metainfo of the data set has no "classes"')
        self._dataset_meta = dataset_meta
        classes = list(dataset_meta['classes'])
        self._selected = {key: protocol_indices(key, value, classes) for key, value in self.protocols.items()}

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Count the pixels of a batch of predictions.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): With ``pred_sem_seg.data`` and ``gt_sem_seg.data``, (1, H, W) or
                (H, W) class ids each.
        """
        num_classes = len(self.dataset_meta['classes'])
        for sample in data_samples:
            prediction = _plane(sample['pred_sem_seg']['data'])
            if self.output_dir is not None:
                self._write(prediction, sample, self.output_dir)
            if self.format_only:
                continue
            if 'gt_sem_seg' not in sample and self.output_dir is not None and not self._num_images:
                self._unlabeled = True  # written anyway
                continue
            if self._unlabeled:
                raise KeyError(
                    f'UDAIoUMetric: {sample["img_path"]} has a label, images before it have none: test them '
                    'apart from each other'
                )
            if 'gt_sem_seg' not in sample:
                raise KeyError(
                    f'UDAIoUMetric: image {sample.get("img_path", "(no img_path)")} has no label: give its '
                    'data set seg_map_path in data_prefix and a pipeline with LoadLabelIds'
                )
            label = _plane(sample['gt_sem_seg']['data'])
            if label.shape != prediction.shape:
                raise ValueError(
                    f'prediction {tuple(prediction.shape)} and label {tuple(label.shape)} differ in size '
                    f'(height, width) for image {sample.get("img_path", "(no img_path)")}: load the label '
                    'at the size of the original image, without resizing it in the test pipeline'
                )
            matrix = confusion_matrix(prediction, label, num_classes, self.ignore_index)
            if self._last is not None:
                self._total = self._last if self._total is None else self._total.add_(self._last)
            self._last = matrix
            self._num_images += 1

    def evaluate(self, size: int) -> dict[str, float]:
        """Return the metrics of the whole data set and reset it.

        Args:
            size (int): Number of images of the data set; what ranks hold beyond it is padding.

        Returns:
            dict[str, float]: See :meth:`compute_metrics`.
        """
        rank, world_size = get_dist_info()
        matrices = [matrix for matrix in (self._total, self._last) if matrix is not None]
        if matrices and (self._num_images - 1) * world_size + rank >= size:
            matrices.pop()
        num_classes = len(self.dataset_meta['classes'])
        empty = torch.zeros(num_classes, num_classes + 1, dtype=torch.int64)
        unlabeled = self._unlabeled
        self._reset()
        self._unlabeled = unlabeled  # for compute_metrics
        self.results = [sum((matrix.cpu() for matrix in matrices), empty)]
        metrics = super().evaluate(world_size)
        self._unlabeled = False
        return metrics

    def compute_metrics(self, results: list[Tensor]) -> dict[str, float]:
        """Metrics of the sum of confusion matrices; prints the table of classes.

        Args:
            results (list[Tensor]): (C, C + 1) confusion matrices, rows = label.

        Returns:
            dict[str, float]: ``aAcc``, ``mIoU``, ``mAcc`` and every protocol's mIoU, in percent, rounded to
            two decimals. Empty for ``format_only`` and without labels.
        """
        logger = MMLogger.get_current_instance()
        if self.format_only:
            logger.info(f'predictions are saved to {self.output_dir}')
            return {}
        if self._unlabeled:
            logger.info(f'predictions are saved to {self.output_dir}; the images have no labels, nothing is measured')
            return {}
        classes = list(self.dataset_meta['classes'])
        matrix = torch.stack(results).sum(0).numpy()
        iou, accuracy = iou_and_accuracy(matrix)
        self.iou_per_class = dict(zip(classes, (iou * 100).tolist()))

        table = PrettyTable()
        table.add_column('Class', classes)
        table.add_column('IoU', np.round(iou * 100, 2).tolist())
        table.add_column('Acc', np.round(accuracy * 100, 2).tolist())
        print_log('per class results:', logger)
        print_log('\n' + table.get_string(), logger)

        with np.errstate(invalid='ignore'):
            overall = np.trace(matrix) / matrix.sum()
        metrics = dict(aAcc=_percent(overall), mIoU=_percent(iou), mAcc=_percent(accuracy))
        metrics.update({key: _percent(iou[indices]) for key, indices in self._selected.items()})
        return metrics

    def _reset(self) -> None:
        self._total = self._last = None
        self._num_images = 0
        self._unlabeled = False
        self._written = {}

    def _write(self, prediction: Tensor, sample: dict, folder: Path) -> None:
        image_path = sample['img_path']
        path = folder / self._relative(image_path)
        if self._written.setdefault(path, image_path) != image_path:
            raise ValueError(
                f'UDAIoUMetric: the predictions of {self._written[path]} and {image_path} would both be '
                f'{path}: test them one after the other, with a folder for each'
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        offset = 1 if sample.get('reduce_zero_label', False) else 0
        image = Image.fromarray((prediction.cpu().numpy() + offset).astype(np.uint8))
        image.save(path)

    def _relative(self, image_path: str) -> Path:
        relative = Path(image_path).name if self.image_root is None else os.path.relpath(image_path, self.image_root)
        return Path(relative).with_suffix('.png')


def iou_and_accuracy(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per-class IoU and accuracy (recall) of a confusion matrix.

    Args:
        matrix (np.ndarray): (C, C) or (C, C + 1) counts, rows = label, columns = prediction.

    Returns:
        tuple[np.ndarray, np.ndarray]: (C,) float64 in [0, 1] each; NaN where a class does not occur.
    """
    num_classes = len(matrix)
    hits = np.diag(matrix).astype(np.float64)
    labeled = matrix.sum(1)
    predicted = matrix[:, :num_classes].sum(0)
    with np.errstate(invalid='ignore'):
        return hits / (labeled + predicted - hits), hits / labeled


def _plane(ids: Tensor) -> Tensor:
    """(1, H, W) or (H, W) -> (H, W)."""
    return ids.reshape(ids.shape[-2:])


def _percent(values: np.ndarray | float) -> float:
    present = np.atleast_1d(values)[~np.isnan(np.atleast_1d(values))]
    return float(np.round(present.mean() * 100, 2)) if present.size else float('nan')
