"""Data preprocessor for batches with several views."""

from collections.abc import Mapping
from typing import Any

import torch
from mmseg.models import SegDataPreProcessor
from mmseg.registry import MODELS

from mmuda.models.augmentation import Normalization


@MODELS.register_module()
class UDADataPreprocessor(SegDataPreProcessor):
    """MMSegmentation's preprocessor, applied to every view of a batch.

    A batch without views (testing, inference) is treated exactly as there.

    Args:
        size_divisor (int, optional): Defaults to 1 (no padding) where neither it nor ``size`` is given.
        **kwargs: Arguments of :class:`mmseg.models.SegDataPreProcessor`.

    Example:
        >>> UDADataPreprocessor(mean=[104.00698793, 116.66876762, 122.67891434], std=[1., 1., 1.])
    """

    def __init__(self, size_divisor: int | None = None, **kwargs: Any) -> None:
        if size_divisor is None and kwargs.get('size') is None:
            size_divisor = 1
        super().__init__(size_divisor=size_divisor, **kwargs)

    @property
    def normalization(self) -> Normalization:
        """Normalization: What it does to the values of the images."""
        if self._enable_normalize:
            return Normalization(self.mean, self.std)
        return Normalization(torch.zeros((), device=self.device), torch.ones((), device=self.device))

    def forward(self, data: dict, training: bool = False) -> dict:
        """Preprocess a batch.

        Args:
            data (dict): ``inputs`` and ``data_samples``, each a list, or per view a list.
            training (bool): Whether the batch is for training.

        Returns:
            dict: ``inputs`` (tensor, or one per view) and ``data_samples``.
        """
        if not isinstance(data['inputs'], Mapping):
            return super().forward(data, training)
        views = {
            view: super(UDADataPreprocessor, self).forward(
                dict(inputs=inputs, data_samples=data['data_samples'][view]), training
            )
            for view, inputs in data['inputs'].items()
        }
        return {key: {view: batch[key] for view, batch in views.items()} for key in ('inputs', 'data_samples')}
