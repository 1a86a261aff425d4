# Experiment 1: stage 1, if it is not there, pseudo labels and stage 2.
_base_ = [
    '../_base_/datasets/cs_pool_760x1280_16.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/depth_distribution_stage2.py',
]
model = dict(
    segmentor=dict(backbone=_base_.backbone, decode_head=dict(type='DensityHead')),
    objectives=_base_.objectives,
)
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/depth_distribution/synthia2cs_stage1.py', train=True),
]
work_dir = 'work_dirs/depth_distribution/synthia2cs'
