"""Losses, one per file, each usable alone."""

from mmuda.models.losses.class_weights import ClassBalanceWeights
from mmuda.models.losses.confident_entropy_loss import ConfidentEntropyLoss
from mmuda.models.losses.hard_pixel_cross_entropy_loss import HardPixelCrossEntropyLoss
from mmuda.models.losses.lsgan_loss import LSGANLoss
from mmuda.models.losses.memory_regularization_loss import MemoryRegularizationLoss
from mmuda.models.losses.model_regularization_loss import ModelRegularizationLoss
from mmuda.models.losses.negative_learning_loss import NegativeLearningLoss
from mmuda.models.losses.pixel_cross_entropy_loss import PixelCrossEntropyLoss
from mmuda.models.losses.pixel_weighted_cross_entropy_loss import PixelWeightedCrossEntropyLoss
from mmuda.models.losses.pixel_weighted_loss import PixelWeightedLoss
from mmuda.models.losses.probability_mse_loss import ProbabilityMSELoss
from mmuda.models.losses.rectified_loss import RectifiedLoss
from mmuda.models.losses.soft_cross_entropy_loss import SoftCrossEntropyLoss

__all__ = [
    'ClassBalanceWeights',
    'ConfidentEntropyLoss',
    'HardPixelCrossEntropyLoss',
    'LSGANLoss',
    'MemoryRegularizationLoss',
    'ModelRegularizationLoss',
    'NegativeLearningLoss',
    'PixelCrossEntropyLoss',
    'PixelWeightedCrossEntropyLoss',
    'PixelWeightedLoss',
    'ProbabilityMSELoss',
    'RectifiedLoss',
    'SoftCrossEntropyLoss',
]
