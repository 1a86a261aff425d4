# MRNet, stage 2: plain pseudo labels, from the last checkpoint of stage 1 (cs2robotcar.py).
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/robotcar_pseudo.py',
    '../_base_/methods/mrnet_stage2.py',
    '../_base_/schedules/mrnet_stage2.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=9)))
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/mrnet/cs2robotcar', config='configs/mrnet/cs2robotcar.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(1280, 960), (1600, 1200)]),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/mrnet/cs2robotcar_stage2'
