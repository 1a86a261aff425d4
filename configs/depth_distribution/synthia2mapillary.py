# Experiment 4: stage 1, if it is not there, pseudo labels and stage 2.
_base_ = [
    '../_base_/datasets/mapillary_pool_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/depth_distribution_stage2.py',
]
model = dict(
    segmentor=dict(backbone=_base_.backbone, decode_head=dict(type='DensityHead', num_classes=7)),
    objectives=_base_.objectives,
)
train_cfg = dict(
    labels=dict(predictor=dict(fit=True), labeler=dict(min_pixels=_base_.mapillary_min_pixels)),
)
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/depth_distribution/synthia2mapillary_stage1.py', train=True),
]
work_dir = 'work_dirs/depth_distribution/synthia2mapillary'
