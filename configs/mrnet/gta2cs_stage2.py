# MRNet, stage 2: plain pseudo labels, from the last checkpoint of stage 1 (gta2cs.py).
_base_ = [
    '../_base_/datasets/cs_stage2_256x512.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
]
model = dict(
    segmentor=dict(
        backbone=_base_.stage2_backbone,
        decode_head=dict(dropout_ratio=0.2),
    ),
    objectives=_base_.stage2_objectives,
)
optim_wrapper = dict(optimizer=dict(lr=1e-4))
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/mrnet/gta2cs.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(1024, 512), (1280, 640)]),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/mrnet/gta2cs_stage2'
