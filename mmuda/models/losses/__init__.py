"""Losses, one per file, each usable alone."""

from mmuda.models.losses.berhu_loss import BerHuLoss
from mmuda.models.losses.class_weights import ClassBalanceWeights
from mmuda.models.losses.confident_entropy_loss import ConfidentEntropyLoss
from mmuda.models.losses.entropy_loss import EntropyLoss
from mmuda.models.losses.fixed_class_weights import FixedClassWeights
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
from mmuda.models.losses.self_information import weighted_self_information
from mmuda.models.losses.soft_cross_entropy_loss import SoftCrossEntropyLoss
from mmuda.models.losses.vanilla_gan_loss import VanillaGANLoss

__all__ = [
    'BerHuLoss',
    'ClassBalanceWeights',
    'ConfidentEntropyLoss',
    'EntropyLoss',
    'FixedClassWeights',
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
    'VanillaGANLoss',
    'weighted_self_information',
]
