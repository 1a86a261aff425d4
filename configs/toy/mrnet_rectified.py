_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy_pseudo.py',
    '../_base_/methods/small_mrnet_rectified.py',
    '../_base_/schedules/small_stage2.py',
]
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/toy/mrnet', config='configs/toy/mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(257, 129), (321, 161)]),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/toy/mrnet_rectified'
