# A label stays where the mean over five passes is at least 0.8.
_base_ = [
    '../_base_/datasets/cs_stage2_256x512.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mc_dropout.py',
]
model = dict(
    segmentor=dict(
        backbone=_base_.backbone,
        decode_head=dict(dropout_ratio=0.2),
    ),
    objectives=_base_.objectives,
)
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/mrnet/gta2cs.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(_base_.passes, scales=[(1024, 512), (1280, 640)]),
        labeler=_base_.mean_labeler,
    ),
]
work_dir = 'work_dirs/mc_dropout/gta2cs'
