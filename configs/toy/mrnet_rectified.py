_base_ = [
    '../_base_/small_runtime.py', '../_base_/datasets/toy_pseudo.py',
    '../_base_/methods/small_mrnet_rectified.py', '../_base_/schedules/small_stage2.py'
]
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/toy/mrnet', config='configs/toy/mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[1., 1.25]),
        labeler=dict(type='ConfidenceLabeler')),
]
work_dir = 'work_dirs/toy/mrnet_rectified'
