"""Scores of a network on images without labels, to choose checkpoints by."""

from mmuda.evaluation.label_free.label_free_metric import LabelFreeMetric
from mmuda.evaluation.label_free.network_metric import NetworkMetric
from mmuda.evaluation.label_free.source_iou_metric import SourceIoUMetric

__all__ = ['LabelFreeMetric', 'NetworkMetric', 'SourceIoUMetric']
