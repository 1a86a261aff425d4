"""Steps of DACS in which the outputs of the networks are given."""

import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.models.utils import resize
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mmuda.models.segmentors import Step


def tensor(array: np.ndarray, grad: bool = False) -> Tensor:
    """A copy as a tensor."""
    return torch.from_numpy(array.copy()).requires_grad_(grad)


def resized(logits: np.ndarray, size: np.ndarray) -> Tensor:
    """Logits (N, C, h, w) at the size of the images."""
    return resize(tensor(logits), tuple(size.tolist()), mode='bilinear', align_corners=True)


class GivenLogits(nn.Module):
    """A segmentor whose head returns given logits, one after the other."""

    with_auxiliary_head = False

    def __init__(self, *logits: Tensor) -> None:
        super().__init__()
        self.left = list(logits)
        self.decode_head = lambda features: self.left.pop(0)
        self.decode_head.align_corners = True

    def extract_feat(self, images: Tensor) -> Tensor:
        return images


def given_step(
    source_labels: np.ndarray,
    student: tuple[np.ndarray, ...],
    teacher: np.ndarray,
    images: dict[str, np.ndarray] | None = None,
) -> Step:
    """A step of one source and one target batch.

    Args:
        source_labels (np.ndarray): (N, H, W).
        student (tuple[np.ndarray, ...]): What the student gives, pass after pass.
        teacher (np.ndarray): What the teacher gives.
        images (dict[str, np.ndarray], optional): Of ``source`` and ``target``. Defaults to zeros.
    """
    num, height, width = source_labels.shape
    samples = [SegDataSample(gt_sem_seg=PixelData(data=tensor(label)[None])) for label in source_labels]
    inputs = {
        view: tensor(images[view]) if images else torch.zeros(num, 3, height, width) for view in ('source', 'target')
    }
    return Step(
        GivenLogits(*map(tensor, student)),
        inputs,
        dict(source=samples, target=[SegDataSample() for _ in samples]),
        iteration=0,
        teacher=GivenLogits(tensor(teacher)),
    )
