# A label stays where each of five passes gives it at least 0.8.
_base_ = [
    '../_base_/datasets/robotcar_stage2_256x512.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mc_dropout.py',
]
model = dict(
    segmentor=dict(
        backbone=_base_.backbone,
        decode_head=dict(dropout_ratio=0.2, num_classes=9),
    ),
    objectives=_base_.objectives,
)
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/mrnet/cs2robotcar.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(_base_.passes, scales=[(1280, 960), (1600, 1200)]),
        labeler=_base_.minimum_labeler,
    ),
]
work_dir = 'work_dirs/mc_dropout/cs2robotcar_minimum'
