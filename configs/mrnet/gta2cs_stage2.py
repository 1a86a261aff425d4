# MRNet, stage 2: plain pseudo labels, from the last checkpoint of stage 1 (gta2cs.py).
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/cs_pseudo.py',
    '../_base_/methods/mrnet_stage2.py',
    '../_base_/schedules/mrnet_stage2.py',
]
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/mrnet/gta2cs', config='configs/mrnet/gta2cs.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(1024, 512), (1280, 640)]),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/mrnet/gta2cs_stage2'
