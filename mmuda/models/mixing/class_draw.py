"""Which classes of a source label are pasted in ClassMix."""

from abc import ABCMeta, abstractmethod

import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.models.mixing.class_mix import IGNORE, NUM_IDS


class ClassDraw(metaclass=ABCMeta):
    """A draw of classes for each label of a batch; registered in ``TASK_UTILS``.

    Args:
        mix_ignored (bool): Count 255 as a class, so that ignored pixels are pasted too, as in the published code of
            DACS. Defaults to True.
    """

    def __init__(self, mix_ignored: bool = True) -> None:
        self.mix_ignored = mix_ignored

    @abstractmethod
    def __call__(self, labels: Tensor) -> Tensor:
        """Draw.

        Args:
            labels (Tensor): (N, H, W) int64, class ids or 255.

        Returns:
            Tensor: (N, 256) bool, which ids are drawn; none for a label without a class.
        """

    def present(self, labels: Tensor) -> Tensor:
        """Return which ids occur in each label, (N, 256) bool."""
        present = torch.zeros(len(labels), NUM_IDS, dtype=torch.bool, device=labels.device)
        rows = NUM_IDS * torch.arange(len(labels), device=labels.device)[:, None]
        present.view(-1).index_fill_(0, (labels.flatten(1) + rows).flatten(), True)
        if not self.mix_ignored:
            present[:, IGNORE] = False
        return present


@TASK_UTILS.register_module()
class DeviceClassDraw(ClassDraw):
    """Half of the classes of each label, on its device and without waiting for it.

    ``ceil(n / 2)`` of the ``n`` ids in a label, each subset equally likely, from torch's global generator.
    Tranheden et al., "DACS", WACV 2021, Sec. 3.1, after Olsson et al., "ClassMix", WACV 2021.

    Args:
        mix_ignored (bool): See :class:`ClassDraw`. Defaults to True.
    """

    def __call__(self, labels: Tensor) -> Tensor:
        """See :class:`ClassDraw`."""
        present = self.present(labels)
        scores = torch.rand(present.shape, device=labels.device).where(present, 2)
        rank = scores.argsort(dim=1).argsort(dim=1)
        return present & (2 * rank < present.sum(dim=1, keepdim=True))


@TASK_UTILS.register_module()
class NumpyClassDraw(ClassDraw):
    """Half of the classes of each label, as the published code of DACS draws them.

    ``numpy.random.choice`` from NumPy's global state, over the sorted ids of each label in turn. Which ids there are is
    read on the host, which waits for the device once. The distribution is that of :class:`DeviceClassDraw`.

    Args:
        mix_ignored (bool): See :class:`ClassDraw`. Defaults to True.
    """

    def __call__(self, labels: Tensor) -> Tensor:
        """See :class:`ClassDraw`."""
        drawn = np.zeros((len(labels), NUM_IDS), bool)
        for row, present in zip(drawn, self.present(labels).cpu().numpy()):
            ids = np.flatnonzero(present)
            if len(ids):
                row[ids[np.random.choice(len(ids), (len(ids) + 1) // 2, replace=False)]] = True
        return torch.from_numpy(drawn).to(labels.device, non_blocking=True)
