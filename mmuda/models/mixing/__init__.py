"""Mixing of images of two domains: which classes are pasted, and what the target's pixels count."""

from mmuda.models.mixing.class_draw import ClassDraw, DeviceClassDraw, NumpyClassDraw
from mmuda.models.mixing.target_weighting import ConfidentPixels, ConfidentShare, EqualWeight, TargetWeighting

__all__ = [
    'ClassDraw',
    'ConfidentPixels',
    'ConfidentShare',
    'DeviceClassDraw',
    'EqualWeight',
    'NumpyClassDraw',
    'TargetWeighting',
]
