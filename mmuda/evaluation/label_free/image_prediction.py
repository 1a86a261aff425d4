"""What a network says of one image."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from mmseg.models.segmentors.base import BaseSegmentor
from mmseg.structures import SegDataSample
from torch import Tensor

from mmuda.evaluation.confusion import confusion_matrix
from mmuda.models.segmentors import UDASegmentor
from mmuda.models.segmentors.passes import Pass
from mmuda.models.segmentors.student import classifiers_of

NO_NETWORK = (
    'it needs the network, which no hook has given: put network_metric=dict(type="NetworkMetricHook") into '
    'default_hooks, as configs/_base_/default_runtime.py does'
)


class ImagePrediction:
    """The prediction of one image and, each made at the first request, what it is compared with.

    All are maps of one image, which end with it; scores keep sums.

    Args:
        probabilities (Tensor): (C, H, W), float32, at the size of the image.
        label (Tensor): (H, W), predicted class ids.
        network (BaseSegmentor, optional): The segmentor, in evaluation mode. Defaults to None: for scores of the
            probabilities alone.
        image (Tensor, optional): (3, h, w), what the pipeline packed. Defaults to None.
        metainfo (Mapping): Of the data sample. Defaults to none.
        scales (Sequence[float]): Of the augmented views, factors of the sides of ``image``. Defaults to (0.75,).
        flip (bool): Whether these views are mirrored. Defaults to True.
    """

    def __init__(
        self,
        probabilities: Tensor,
        label: Tensor,
        network: BaseSegmentor | None = None,
        image: Tensor | None = None,
        metainfo: Mapping[str, Any] | None = None,
        scales: Sequence[float] = (0.75,),
        flip: bool = True,
    ) -> None:
        self.probabilities, self.label = probabilities, label
        self._network, self._image = network, image
        self.metainfo = dict(metainfo or {})
        self.scales, self.flip = scales, flip

    @property
    def num_classes(self) -> int:
        """int: C."""
        return len(self.probabilities)

    @property
    def num_pixels(self) -> int:
        """int: H * W."""
        return self.label.numel()

    @cached_property
    def entropy_sum(self) -> Tensor:
        """Tensor: Scalar, sum of the entropies of all pixels, in nats."""
        return torch.special.entr(self.probabilities).sum()

    @cached_property
    def class_sums(self) -> Tensor:
        """Tensor: (C,), sums of the probabilities of all pixels."""
        return self.probabilities.sum(dim=(1, 2))

    @cached_property
    def view_matrix(self) -> Tensor:
        """Tensor: (C, C + 1) int64, confusion matrix of the prediction (rows) and those of the augmented views."""
        return sum((self._against(self._predict(self.network, scale, self.flip)) for scale in self.scales), _zero(self))

    @cached_property
    def teacher_matrix(self) -> Tensor:
        """Tensor: (C, C + 1) int64, confusion matrix of the prediction (rows) and that of the teacher.

        The teacher predicts in evaluation mode, whatever its mode in training is.
        """
        teacher = teacher_of(self.network)
        with evaluating(teacher):
            return self._against(self._predict(teacher, 1.0, False))

    @cached_property
    def classifier_matrix(self) -> Tensor:
        """Tensor: (C, C + 1) int64, confusion matrix of the main classifier (rows) and the others.

        The whole image passes the network once; the logits are compared where they are, without enlarging them.
        """
        inputs, _ = self._preprocessed(self.image, self.metainfo)
        student = student_of(self.network)
        outputs = Pass(student, inputs, moves_statistics=False).outputs
        size = outputs['main'].shape[2:]
        # What the preprocessor has filled at the right and the bottom is no part of the image.
        rows, columns = (
            math.ceil(side * part / whole) for side, part, whole in zip(size, self.image.shape[1:], inputs.shape[2:])
        )
        labels = {
            name: _resized(outputs[name], size).argmax(dim=1)[0, :rows, :columns] for name in classifiers_of(student)
        }
        main = labels.pop('main')
        return sum((confusion_matrix(other, main, self.num_classes, -1) for other in labels.values()), _zero(self))

    @property
    def network(self) -> BaseSegmentor:
        """BaseSegmentor: The segmentor.

        Raises:
            RuntimeError: If there is none.
        """
        if self._network is None:
            raise RuntimeError(NO_NETWORK)
        return self._network

    @property
    def image(self) -> Tensor:
        """Tensor: (3, h, w), what the pipeline packed.

        Raises:
            RuntimeError: If there is none.
        """
        if self._image is None:
            raise RuntimeError(NO_NETWORK)
        return self._image

    def _against(self, other: Tensor) -> Tensor:
        return confusion_matrix(other, self.label, self.num_classes, -1)

    def _predict(self, segmentor: BaseSegmentor, scale: float, mirrored: bool) -> Tensor:
        """Return the label (H, W) that a segmentor gives for a view of the image, by the stock test step."""
        view = self.image
        if scale != 1:
            height, width = (max(1, round(scale * side)) for side in view.shape[1:])
            view = F.interpolate(view[None].float(), (height, width), mode='bilinear', antialias=True)[0]
        if mirrored:
            view = view.flip(2)
        size = tuple(view.shape[1:])
        meta = dict(self.metainfo, img_shape=size, pad_shape=size, flip=mirrored, flip_direction='horizontal')
        inputs, sample = self._preprocessed(view, meta)
        return segmentor.predict(inputs, [sample])[0].pred_sem_seg.data[0].long()

    def _preprocessed(self, image: Tensor, metainfo: Mapping[str, Any]) -> tuple[Tensor, SegDataSample]:
        sample = SegDataSample(metainfo=dict(metainfo))
        data = self.network.data_preprocessor(dict(inputs=[image], data_samples=[sample]), False)
        return data['inputs'], data['data_samples'][0]


def student_of(network: BaseSegmentor) -> BaseSegmentor:
    """Return the plain segmentor that predicts."""
    return network.student if isinstance(network, UDASegmentor) else network


def teacher_of(network: BaseSegmentor) -> BaseSegmentor:
    """Return the teacher.

    Raises:
        ValueError: If there is none.
    """
    teacher = network.teacher if isinstance(network, UDASegmentor) else None
    if teacher is None:
        raise ValueError(
            'there is no teacher to compare with: it is there in training, where an objective needs one, and in '
            'tools/select_checkpoint.py'
        )
    return teacher


@contextmanager
def evaluating(network: BaseSegmentor) -> Iterator[None]:
    """Put all modules of a network into evaluation mode, and back into the mode of each."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _resized(logits: Tensor, size: Sequence[int]) -> Tensor:
    if tuple(logits.shape[2:]) == tuple(size):
        return logits
    return F.interpolate(logits, tuple(size), mode='bilinear', align_corners=False)


def _zero(prediction: ImagePrediction) -> Tensor:
    classes = prediction.num_classes
    return torch.zeros(classes, classes + 1, dtype=torch.int64, device=prediction.label.device)
