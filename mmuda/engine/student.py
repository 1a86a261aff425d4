"""The network that predicts."""

from mmseg.models import BaseSegmentor
from torch import nn

from mmuda.models.segmentors import UDASegmentor


def student_of(model: nn.Module) -> BaseSegmentor:
    """Return the student of a :class:`~mmuda.models.segmentors.UDASegmentor`, or the plain segmentor itself."""
    return model.student if isinstance(model, UDASegmentor) else model
