# MRNet+Rectifying, from the last checkpoint of stage 1 (cs2robotcar.py).
_base_ = [
    '../_base_/datasets/robotcar_stage2_256x512.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
]
model = dict(
    segmentor=dict(
        backbone=_base_.stage2_backbone,
        decode_head=dict(dropout_ratio=0.2, num_classes=9),
    ),
    objectives=_base_.rectified_objectives,
)
optim_wrapper = dict(optimizer=dict(lr=1e-4))
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/mrnet/cs2robotcar.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(1280, 960), (1600, 1200)]),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/mrnet/cs2robotcar_rectified'
