"""Metrics that ask the network more than its predictions."""

from abc import abstractmethod

from mmengine.evaluator import BaseMetric
from mmseg.models.segmentors.base import BaseSegmentor


class NetworkMetric(BaseMetric):
    """Base of the metrics that need the network itself; :class:`mmuda.engine.hooks.NetworkMetricHook` gives it to them.

    Args:
        collect_device (str): 'cpu' or 'gpu', how ranks exchange results. Defaults to 'cpu'.
        prefix (str, optional): Put before the returned names. Defaults to ``label_free``.

    Attributes:
        network (BaseSegmentor, optional): The segmentor, without wrappers; None until it is given.
    """

    default_prefix = 'label_free'

    def __init__(self, collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.network: BaseSegmentor | None = None

    @abstractmethod
    def set_network(self, network: BaseSegmentor) -> None:
        """Set the network, a segmentor without wrappers; called before training, too, to find what is wrong then.

        Raises:
            ValueError: If the metric cannot act on it.
        """
