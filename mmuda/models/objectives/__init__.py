from mmuda.models.objectives.adversarial_alignment import AdversarialAlignment
from mmuda.models.objectives.batch_norm_update import BatchNormUpdate
from mmuda.models.objectives.class_mix_supervision import ClassMixSupervision
from mmuda.models.objectives.classifier_entropy import ClassifierEntropy
from mmuda.models.objectives.classifier_objective import ClassifierObjective
from mmuda.models.objectives.density_balance import DensityBalance
from mmuda.models.objectives.depth_regression import DepthRegression
from mmuda.models.objectives.entropy_minimization import EntropyMinimization
from mmuda.models.objectives.memory_regularization import MemoryRegularization
from mmuda.models.objectives.model_regularization import ModelRegularization
from mmuda.models.objectives.negative_supervision import NegativeSupervision
from mmuda.models.objectives.objective import Objective
from mmuda.models.objectives.rectified_supervision import RectifiedSupervision
from mmuda.models.objectives.soft_label_supervision import SoftLabelSupervision
from mmuda.models.objectives.supervision import Supervision

__all__ = [
    'AdversarialAlignment',
    'BatchNormUpdate',
    'ClassMixSupervision',
    'ClassifierEntropy',
    'ClassifierObjective',
    'DensityBalance',
    'DepthRegression',
    'EntropyMinimization',
    'MemoryRegularization',
    'ModelRegularization',
    'NegativeSupervision',
    'Objective',
    'RectifiedSupervision',
    'SoftLabelSupervision',
    'Supervision',
]
