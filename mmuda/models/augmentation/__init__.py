"""Mixing and color augmentation of batches on the device."""

from mmuda.models.augmentation.strong_augmentation import StrongAugmentation

__all__ = ['StrongAugmentation']
