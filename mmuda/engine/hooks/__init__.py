from mmuda.engine.hooks.adaptive_batch_norm_hook import AdaptiveBatchNormHook
from mmuda.engine.hooks.class_check_hook import ClassCheckHook
from mmuda.engine.hooks.data_check_hook import DataCheckHook
from mmuda.engine.hooks.data_summary_hook import DataSummaryHook
from mmuda.engine.hooks.depth_distribution_hook import DepthDistributionHook
from mmuda.engine.hooks.discriminator_hook import DiscriminatorHook
from mmuda.engine.hooks.label_check_hook import LabelCheckHook
from mmuda.engine.hooks.loss_check_hook import LossCheckHook
from mmuda.engine.hooks.network_metric_hook import NetworkMetricHook
from mmuda.engine.hooks.pseudo_label_hook import PseudoLabelHook
from mmuda.engine.hooks.rank_statistics_hook import RankStatisticsHook
from mmuda.engine.hooks.report_hook import ReportHook
from mmuda.engine.hooks.resume_state_hook import ResumeStateHook
from mmuda.engine.hooks.safe_checkpoint_hook import SafeCheckpointHook
from mmuda.engine.hooks.stage_checkpoint_hook import StageCheckpointHook
from mmuda.engine.hooks.teacher_hook import TeacherHook
from mmuda.engine.hooks.work_dir_lock_hook import WorkDirLockHook

__all__ = [
    'AdaptiveBatchNormHook',
    'ClassCheckHook',
    'DataCheckHook',
    'DataSummaryHook',
    'DepthDistributionHook',
    'DiscriminatorHook',
    'LabelCheckHook',
    'LossCheckHook',
    'NetworkMetricHook',
    'PseudoLabelHook',
    'RankStatisticsHook',
    'ReportHook',
    'ResumeStateHook',
    'SafeCheckpointHook',
    'StageCheckpointHook',
    'TeacherHook',
    'WorkDirLockHook',
]
