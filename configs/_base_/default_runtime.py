custom_imports = dict(imports=['mmuda'], allow_failed_imports=False)
default_scope = 'mmseg'
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='SegLocalVisualizer', vis_backends=vis_backends, name='visualizer')
log_processor = dict(by_epoch=False)
log_level = 'INFO'
load_from = None
resume = False

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='SafeCheckpointHook', by_epoch=False, interval=5000),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook', interval=1),  # all images, where drawing is asked for
    work_dir_lock=dict(type='WorkDirLockHook'),
    resume_state=dict(type='ResumeStateHook'),
    class_check=dict(type='ClassCheckHook'),
    data_check=dict(type='DataCheckHook'),
    data_summary=dict(type='DataSummaryHook'),
    loss_check=dict(type='LossCheckHook'),
    label_check=dict(type='LabelCheckHook'),
    network_metric=dict(type='NetworkMetricHook'),  # acts where a metric asks the network
    rank_statistics=dict(type='RankStatisticsHook'),
    teacher=dict(type='TeacherHook'),  # acts where an objective needs one
)

tta_model = dict(type='SegTTAModel')
