from mmuda.pseudo_labels.ensemble.certainty import certainties_of_bytes, certainty_bytes, check_certainties
from mmuda.pseudo_labels.ensemble.class_teachers import (
    GTA5_TEACHERS,
    SYNTHIA16_TEACHERS,
    ClassCertainty,
    resolve_teachers,
    teachers_by_certainty,
)
from mmuda.pseudo_labels.ensemble.fusion import channel_wise, majority_vote, mean_certainty
from mmuda.pseudo_labels.ensemble.fusion_labelers import (
    ChannelWiseLabeler,
    MajorityLabeler,
    MeanCertaintyLabeler,
)
from mmuda.pseudo_labels.ensemble.rank_unification import RankedCertainty, unify_ranks
from mmuda.pseudo_labels.ensemble.teacher_predictions import TeacherPredictions
from mmuda.pseudo_labels.generation import fingerprint, generate_pseudo_labels
from mmuda.pseudo_labels.labelers.class_balanced_labeler import ClassBalancedLabeler
from mmuda.pseudo_labels.labelers.component_labeler import ComponentLabeler
from mmuda.pseudo_labels.labelers.confidence_labeler import ConfidenceLabeler
from mmuda.pseudo_labels.labelers.entropy_regularized_labeler import (
    EntropyRegularizedLabeler,
    lrent_kept,
    lrent_soft_labels,
    lrent_targets,
)
from mmuda.pseudo_labels.labelers.labeler import Labeler, LabelPlanes
from mmuda.pseudo_labels.labelers.mc_dropout import PassStatistics
from mmuda.pseudo_labels.predictors.cached_logits import CachedLogits, crop_of_resized
from mmuda.pseudo_labels.predictors.disagreement import disagreement
from mmuda.pseudo_labels.predictors.fixed_size_predictor import FixedSizePredictor
from mmuda.pseudo_labels.predictors.map_predictors import LogitMapPredictor, SoftmaxMapPredictor
from mmuda.pseudo_labels.predictors.multi_view_predictor import MultiViewPredictor
from mmuda.pseudo_labels.predictors.predictor import CachedPredictor, Predictor
from mmuda.pseudo_labels.store import PseudoLabelStore
from mmuda.pseudo_labels.thresholds.order_statistics import RadixSelection
from mmuda.pseudo_labels.thresholds.rare_classes import RareClasses, rare_classes
from mmuda.pseudo_labels.thresholds.spatial_prior import load_prior

__all__ = [
    'CachedPredictor',
    'ChannelWiseLabeler',
    'ClassBalancedLabeler',
    'ClassCertainty',
    'ComponentLabeler',
    'ConfidenceLabeler',
    'EntropyRegularizedLabeler',
    'GTA5_TEACHERS',
    'LabelPlanes',
    'FixedSizePredictor',
    'Labeler',
    'LogitMapPredictor',
    'MajorityLabeler',
    'MeanCertaintyLabeler',
    'MultiViewPredictor',
    'PassStatistics',
    'Predictor',
    'PseudoLabelStore',
    'RadixSelection',
    'RankedCertainty',
    'RareClasses',
    'SYNTHIA16_TEACHERS',
    'CachedLogits',
    'SoftmaxMapPredictor',
    'TeacherPredictions',
    'certainties_of_bytes',
    'certainty_bytes',
    'channel_wise',
    'check_certainties',
    'crop_of_resized',
    'disagreement',
    'fingerprint',
    'generate_pseudo_labels',
    'load_prior',
    'lrent_kept',
    'lrent_soft_labels',
    'lrent_targets',
    'majority_vote',
    'mean_certainty',
    'teachers_by_certainty',
    'rare_classes',
    'resolve_teachers',
    'unify_ranks',
]
