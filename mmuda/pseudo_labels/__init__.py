from mmuda.pseudo_labels.class_balanced import ClassBalancedLabeler
from mmuda.pseudo_labels.disagreement import disagreement
from mmuda.pseudo_labels.generation import fingerprint, generate_pseudo_labels
from mmuda.pseudo_labels.labelers import ConfidenceLabeler
from mmuda.pseudo_labels.map_predictors import LogitMapPredictor, SoftmaxMapPredictor
from mmuda.pseudo_labels.mc_dropout import PassStatistics
from mmuda.pseudo_labels.order_statistics import RadixSelection
from mmuda.pseudo_labels.predictors import MultiViewPredictor
from mmuda.pseudo_labels.rare_classes import RareClasses, rare_classes
from mmuda.pseudo_labels.soft_labels import (
    EntropyRegularizedLabeler,
    crop_of_resized,
    lrent_kept,
    lrent_soft_labels,
    lrent_targets,
)
from mmuda.pseudo_labels.spatial_prior import SpatialPriorEstimate, load_prior, prior_of, save_prior
from mmuda.pseudo_labels.store import PseudoLabelStore

__all__ = [
    'ClassBalancedLabeler', 'ConfidenceLabeler', 'EntropyRegularizedLabeler', 'LogitMapPredictor',
    'MultiViewPredictor', 'PassStatistics', 'PseudoLabelStore', 'RadixSelection', 'RareClasses',
    'SoftmaxMapPredictor', 'SpatialPriorEstimate', 'crop_of_resized', 'disagreement', 'fingerprint',
    'generate_pseudo_labels', 'load_prior', 'lrent_kept', 'lrent_soft_labels', 'lrent_targets', 'prior_of',
    'rare_classes', 'save_prior',
]
