# Stage 1 of synthia2cs.py: 16 classes, 1280x760 (experiment 1).
_base_ = [
    '../_base_/datasets/synthia2cs_grid_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/depth_distribution.py',
]
model = dict(segmentor=dict(decode_head=dict(type='DensityHead')), objectives=_base_.objectives)
custom_hooks = _base_.hooks
work_dir = 'work_dirs/depth_distribution/synthia2cs_stage1'
