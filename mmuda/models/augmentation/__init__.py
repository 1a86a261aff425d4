"""Augmentation of batches on the device."""

from mmuda.models.augmentation.augmentation import Augmentation, Normalization
from mmuda.models.augmentation.strong_augmentation import StrongAugmentation

__all__ = ['Augmentation', 'Normalization', 'StrongAugmentation']
