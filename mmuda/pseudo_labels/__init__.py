from mmuda.pseudo_labels.disagreement import disagreement
from mmuda.pseudo_labels.generation import fingerprint, generate_pseudo_labels
from mmuda.pseudo_labels.labelers import ConfidenceLabeler
from mmuda.pseudo_labels.mc_dropout import PassStatistics
from mmuda.pseudo_labels.predictors import MultiViewPredictor
from mmuda.pseudo_labels.store import PseudoLabelStore

__all__ = [
    'ConfidenceLabeler', 'MultiViewPredictor', 'PassStatistics', 'PseudoLabelStore', 'disagreement', 'fingerprint',
    'generate_pseudo_labels',
]
