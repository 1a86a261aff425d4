"""The network that predicts."""

from torch import nn

from mmuda.models.segmentors import UDASegmentor


def student_of(model: nn.Module) -> nn.Module:
    """Return the student of a :class:`~mmuda.models.segmentors.UDASegmentor`, or the plain segmentor itself."""
    return model.student if isinstance(model, UDASegmentor) else model
