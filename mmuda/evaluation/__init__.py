"""Metrics."""

from mmuda.evaluation.label_free import LabelFreeMetric, NetworkMetric, SourceIoUMetric
from mmuda.evaluation.uda_iou_metric import UDAIoUMetric

__all__ = ['LabelFreeMetric', 'NetworkMetric', 'SourceIoUMetric', 'UDAIoUMetric']
