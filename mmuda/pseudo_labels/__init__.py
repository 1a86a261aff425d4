from mmuda.pseudo_labels.certainty import certainties_of_bytes, certainty_bytes, check_certainties
from mmuda.pseudo_labels.class_balanced import ClassBalancedLabeler
from mmuda.pseudo_labels.disagreement import disagreement
from mmuda.pseudo_labels.fused_probabilities import fused_probabilities
from mmuda.pseudo_labels.fusion import channel_wise, majority_vote, mean_certainty
from mmuda.pseudo_labels.fusion_labelers import (
    ChannelWiseLabeler,
    MajorityLabeler,
    MeanCertaintyLabeler,
    RankUnificationLabeler,
)
from mmuda.pseudo_labels.generation import fingerprint, generate_pseudo_labels
from mmuda.pseudo_labels.labelers import ConfidenceLabeler, Labeler, LabelPlanes
from mmuda.pseudo_labels.map_predictors import LogitMapPredictor, SoftmaxMapPredictor
from mmuda.pseudo_labels.mc_dropout import PassStatistics
from mmuda.pseudo_labels.order_statistics import RadixSelection
from mmuda.pseudo_labels.ownership import (
    GTA5_OWNERS,
    SYNTHIA16_OWNERS,
    ClassCertainty,
    owners_by_certainty,
    resolve_owners,
)
from mmuda.pseudo_labels.predictors import CachedPredictor, MultiViewPredictor, Predictor
from mmuda.pseudo_labels.rank_unification import RankedCertainty, unify_ranks
from mmuda.pseudo_labels.rare_classes import RareClasses, rare_classes
from mmuda.pseudo_labels.small_maps import SmallMap, crop_of_resized
from mmuda.pseudo_labels.soft_labels import (
    EntropyRegularizedLabeler,
    lrent_kept,
    lrent_soft_labels,
    lrent_targets,
)
from mmuda.pseudo_labels.spatial_prior import SpatialPriorEstimate, load_prior, prior_of, save_prior
from mmuda.pseudo_labels.store import PseudoLabelStore
from mmuda.pseudo_labels.teacher_predictions import TeacherPredictions

__all__ = [
    'CachedPredictor',
    'ChannelWiseLabeler',
    'ClassBalancedLabeler',
    'ClassCertainty',
    'ConfidenceLabeler',
    'EntropyRegularizedLabeler',
    'GTA5_OWNERS',
    'LabelPlanes',
    'Labeler',
    'LogitMapPredictor',
    'MajorityLabeler',
    'MeanCertaintyLabeler',
    'MultiViewPredictor',
    'PassStatistics',
    'Predictor',
    'PseudoLabelStore',
    'RadixSelection',
    'RankUnificationLabeler',
    'RankedCertainty',
    'RareClasses',
    'SYNTHIA16_OWNERS',
    'SmallMap',
    'SoftmaxMapPredictor',
    'SpatialPriorEstimate',
    'TeacherPredictions',
    'certainties_of_bytes',
    'certainty_bytes',
    'channel_wise',
    'check_certainties',
    'crop_of_resized',
    'disagreement',
    'fused_probabilities',
    'fingerprint',
    'generate_pseudo_labels',
    'load_prior',
    'lrent_kept',
    'lrent_soft_labels',
    'lrent_targets',
    'majority_vote',
    'mean_certainty',
    'owners_by_certainty',
    'prior_of',
    'rare_classes',
    'resolve_owners',
    'save_prior',
    'unify_ranks',
]
