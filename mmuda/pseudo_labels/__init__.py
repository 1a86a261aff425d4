from mmuda.pseudo_labels.generation import fingerprint, generate_pseudo_labels
from mmuda.pseudo_labels.labelers import ConfidenceLabeler
from mmuda.pseudo_labels.predictors import MultiViewPredictor
from mmuda.pseudo_labels.store import PseudoLabelStore

__all__ = ['ConfidenceLabeler', 'MultiViewPredictor', 'PseudoLabelStore', 'fingerprint', 'generate_pseudo_labels']
