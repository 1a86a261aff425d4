# Experiment 3: stage 1, if it is not there, pseudo labels and stage 2.
_base_ = [
    '../_base_/datasets/cs_pool_320x640_7.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/depth_distribution_stage2.py',
]
model = dict(
    segmentor=dict(backbone=_base_.backbone, decode_head=dict(type='DensityHead', num_classes=7)),
    objectives=_base_.objectives,
)
train_cfg = dict(
    labels=dict(predictor=dict(scale=(640, 320)), labeler=dict(min_pixels=_base_.min_pixels_7)),
)
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/depth_distribution/synthia2cs_7_640x320_stage1.py', train=True),
]
work_dir = 'work_dirs/depth_distribution/synthia2cs_7_640x320'
